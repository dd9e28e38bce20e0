import { ConfigurationError } from '@cflow/spec';
import type { Rules } from './rules.js';

const MOST_FRAMES = 10_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
const EXPECTED = 'expected 2of3, hold:5s, stop:3 or drift:0.2/50';

/** Rules as a person writes them, each once. @throws ConfigurationError that says what was expected */
export function parseRules(texts: readonly string[]): Rules {
  const rules: Rules = {};
  for (const text of texts) {
    const parsed = parseRule(text);
    const [kind] = Object.keys(parsed) as (keyof Rules)[];
    if (kind && rules[kind])
      throw new ConfigurationError(`rule "${text}": there is one of this kind already; give it once`);
    Object.assign(rules, parsed);
  }
  return rules;
}

function parseRule(text: string): Rules {
  const of = /^(\d{1,5})of(\d{1,5})$/.exec(text);
  if (of) {
    const [n, m] = [Number(of[1]), Number(of[2])];
    if (n >= 1 && n <= m && m <= MOST_FRAMES) return { nOfM: { n, m } };
    throw refused(text, `n must be from 1 to m, and m at most ${MOST_FRAMES}`);
  }
  const held = /^hold:(\d{1,9}(?:\.\d{1,3})?)(ms|s|min)$/.exec(text);
  if (held) {
    const milliseconds = Number(held[1]) * UNITS[held[2] as string]!;
    if (milliseconds > 0) return { hold: { milliseconds } };
    throw refused(text, 'the time must be above 0');
  }
  const stop = /^stop:(\d{1,5})$/.exec(text);
  if (stop) {
    const k = Number(stop[1]);
    if (k >= 1 && k <= MOST_FRAMES) return { stop: { k } };
    throw refused(text, `the number must be from 1 to ${MOST_FRAMES}`);
  }
  const drift = /^drift(?::(0\.\d{1,9})\/(\d{1,5}))?$/.exec(text);
  if (drift) {
    const [median, m] = [Number(drift[1] ?? 0.2), Number(drift[2] ?? 50)];
    if (median > 0 && median < 0.5 && m >= 5 && m <= MOST_FRAMES) return { drift: { median, m } };
    throw refused(text, `the median must be between 0 and 0.5, and the frames from 5 to ${MOST_FRAMES}`);
  }
  throw refused(text, 'no such rule');
}

function refused(text: string, why: string): ConfigurationError {
  return new ConfigurationError(`rule "${text}": ${why}; ${EXPECTED}`);
}
