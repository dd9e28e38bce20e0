import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CallCounter, type Trigger } from './trigger.js';

/** Every line of an input selects the next frame: the Enter key of a terminal, a scanner that types, another program. */
export function keyTrigger(input: Readable): Trigger {
  const calls = new CallCounter();
  const lines = createInterface({ input });
  lines.on('line', () => void calls.call());
  return {
    selects: () => calls.take(),
    async close() {
      lines.close();
      input.pause();
    },
  };
}
