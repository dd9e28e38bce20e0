import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { probeImage } from './probe-image.js';

describe('probeImage', () => {
  it('is the same bytes everywhere', () => {
    const { dims, data } = probeImage(64, 96);
    expect(dims).toEqual([1, 3, 64, 96]);
    const hash = createHash('sha256')
      .update(data as Uint8Array)
      .digest('hex');
    expect(hash).toBe('d9c09791d528cc34d92058821b9672973fb2a7836aa14ecbbf081d9ebd115836');
  });

  it('uses the whole range and is nowhere flat', () => {
    const data = probeImage(64, 64).data as Uint8Array;
    expect(Math.min(...data)).toBeLessThan(40);
    expect(Math.max(...data)).toBeGreaterThan(200);
    expect(new Set(data).size).toBeGreaterThan(128);
  });
});
