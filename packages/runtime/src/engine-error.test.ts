import type { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { loadError, runError } from './engine-error.js';

describe('what an engine says of a model', () => {
  it.each([
    [
      "Non-zero status code returned while running Gather node. Name:'/layer1/Gather_2' Status Message: indices element out of data bounds, idx=1936287828 must be within the inclusive range [-3,2]",
      "Non-zero status code returned while running Gather node. Name:'/layer1/Gather_2' Status Message: indices element out of data bounds, idx=… must be within the inclusive range […,…]",
    ],
    ['requested shape:{1,-7,3.5e+10} at 0x7f3a00ff', 'requested shape:{…,…,…} at …'],
    ['tensor(float16) of opset18 has no kernel', 'tensor(float16) of opset18 has no kernel'],
  ])('quotes none of its numbers: %s', (message, reason) => {
    for (const word of [runError, loadError]) {
      const error = word('cpu', new Error(message)) as DeviceError;
      expect(error.attempts).toEqual([{ device: 'cpu', reason }]);
      expect((error.cause as Error).message).toBe(message);
    }
  });
});
