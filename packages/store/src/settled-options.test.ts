import { predictOptionsSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { ignoredBy, settledOptions } from './settled-options.js';

const [ONE, TWO] = ['a'.repeat(64), 'b'.repeat(64)];
const options = (given: object = {}) => predictOptionsSchema.parse(given);

describe('settledOptions', () => {
  const decided = {
    name: 'wood',
    revision: 3,
    threshold: 5,
    pixelThreshold: 7,
    minArea: 12,
    minShare: 0.2,
    version: ONE,
  };

  it('takes thresholds for the version that they are of, and for no other', () => {
    expect(settledOptions(options(), decided, ONE)).toMatchObject({
      threshold: 5,
      pixelThreshold: 7,
      minArea: 12,
      minShare: 0.2,
    });
    const other = settledOptions(options(), decided, TWO);
    expect([other.threshold, other.pixelThreshold]).toEqual([undefined, undefined]);
    expect([other.minArea, other.minShare]).toEqual([12, 0.2]);
  });

  it('takes a false-alarm rate for any version', () => {
    const rate = { name: 'wood', revision: 1, falseAlarmRate: 0.02 };
    expect(settledOptions(options(), rate, TWO)).toMatchObject({ falseAlarmRate: 0.02, minArea: 1 });
  });

  it('leaves what a request asks for', () => {
    const asked = settledOptions(options({ falseAlarmRate: 0.1, minArea: 0, minShare: 0 }), decided, ONE);
    expect(asked).toMatchObject({ falseAlarmRate: 0.1, minArea: 0, minShare: 0 });
    expect([asked.threshold, asked.pixelThreshold]).toEqual([undefined, undefined]);
    expect(settledOptions(options({ pixelThreshold: 1 }), decided, ONE)).toMatchObject({
      threshold: 5,
      pixelThreshold: 1,
    });
    expect(settledOptions(options(), undefined, ONE).minArea).toBe(1);
    expect(settledOptions(options(), undefined, ONE).minShare).toBeUndefined();
  });
});

describe('ignoredBy', () => {
  const size = { width: 4, height: 2 };
  const corner = [
    [0, 0],
    [20, 0],
    [20, 10],
    [0, 10],
  ] as [number, number][];

  it('leaves out what was drawn, at the size of the map, and what the request says', () => {
    const settings = { ignore: { width: 40, height: 20, outlines: [corner] } };
    expect(ignoredBy(settings, size, undefined)).toEqual({
      ...size,
      data: Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 0),
    });
    const asked = { ...size, data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) };
    expect(ignoredBy(settings, size, asked)?.data).toEqual(Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 255));
    expect(ignoredBy({}, size, asked)).toBe(asked);
    expect(ignoredBy(undefined, size, undefined)).toBeUndefined();
  });
});
