// Loaded before the service: its clock is the machine's and what the file that ATTACK_CLOCK names says, in milliseconds.
// The clock that never goes back (performance.now) stays as it is, as it does when somebody sets a machine's time.
import { readFileSync } from 'node:fs';

const file = process.env.ATTACK_CLOCK;
const Real = Date;
let offset = 0;
let read = Number.NEGATIVE_INFINITY;

function now() {
  const instant = performance.now();
  if (instant - read > 20) {
    read = instant;
    try {
      offset = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      // Nobody has moved it yet.
    }
  }
  return Real.now() + offset;
}

globalThis.Date = new Proxy(Real, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  apply: () => new Real(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
