import { describe, expect, it } from 'vitest';
import { FrameMeter } from './frame-meter.js';

describe('FrameMeter', () => {
  it('counts what nobody looked at, and the rate of the last seconds', () => {
    const meter = new FrameMeter();
    expect([meter.rate(0), meter.dropped]).toEqual([0, 0]);
    // 25 frames a second for 4 seconds, of which every fifth is scored.
    for (let i = 0; i < 100; i++) {
      meter.show(1, i * 40);
      if (i % 5 === 0) {
        meter.take();
        meter.finish(i * 40 + 30);
      }
    }
    expect(meter.frames).toBe(100);
    expect(meter.dropped).toBe(80);
    expect(meter.rate(4000)).toBeCloseTo(5, 1);
    // Frames that the browser itself has passed over are dropped, too.
    meter.show(7, 4000);
    expect(meter.dropped).toBe(87);
    expect(meter.rate(60_000)).toBe(0);
  });
});
