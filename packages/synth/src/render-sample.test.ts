import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFECTS,
  type DefectKind,
  MATERIALS,
  type MaterialName,
  renderSample,
  type Sample,
} from './index.js';

const combinations = MATERIALS.flatMap((material) =>
  DEFECTS[material].map((defect) => ({ material, defect })),
);
/** sha256 of pixels and mask by `material defect seed width height`. */
const golden: Record<string, string> = JSON.parse(
  readFileSync(new URL('golden-renders.json', import.meta.url), 'utf8'),
);
const seeds = fc.integer({ min: 0, max: 0xffffffff });

function sha256({ image, mask }: Sample): string {
  return createHash('sha256').update(image.data).update(mask.data).digest('hex');
}

function area({ mask }: Sample): number {
  return mask.data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
}

describe('renderSample', () => {
  it.each(Object.entries(golden))('gives the committed bytes for %s', (request, expected) => {
    const [material, defect, seed, width, height] = request.split(' ');
    const sample = renderSample({
      material: material as MaterialName,
      defect: defect === 'good' ? undefined : (defect as DefectKind),
      seed: Number(seed),
      width: Number(width),
      height: Number(height),
    });
    expect(sha256(sample)).toBe(expected);
  });

  it('holds a golden render of every material and every kind of defect', () => {
    const rendered = Object.keys(golden).map((request) => request.split(' ').slice(0, 2).join(' '));
    for (const { material, defect } of combinations) expect(rendered).toContain(`${material} ${defect}`);
    for (const material of MATERIALS) expect(rendered).toContain(`${material} good`);
  });

  it.each(combinations)(
    'marks exactly the pixels in which $defect changes $material',
    ({ material, defect }) => {
      const size = { width: 128, height: 128 };
      fc.assert(
        fc.property(seeds, (seed) => {
          const good = renderSample({ material, seed, ...size });
          const bad = renderSample({ material, defect, seed, ...size });
          for (let pixel = 0; pixel < bad.mask.data.length; pixel++) {
            let change = 0;
            for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
              change = Math.max(change, Math.abs(good.image.data[at]! - bad.image.data[at]!));
            }
            const marked = bad.mask.data[pixel]!;
            if (marked === 0 ? change !== 0 : marked !== 255 || change < 5) {
              throw new Error(`pixel ${pixel}: change of ${change}, mask ${marked}`);
            }
          }
          expect(area(good)).toBe(0);
          expect(area(bad)).toBeGreaterThanOrEqual(16);
          expect(area(bad) / bad.mask.data.length).toBeLessThan(0.15);
        }),
        { numRuns: 8 },
      );
    },
  );

  it.each([
    [32, 32],
    [96, 33],
    [40, 300],
    [200, 320],
  ])('renders everything at %i x %i', (width, height) => {
    for (const { material, defect } of combinations) {
      const { image, mask } = renderSample({ material, defect, seed: 7, width, height });
      expect([image.width, image.height, image.data.length]).toEqual([width, height, width * height * 3]);
      expect([mask.width, mask.height, mask.data.length]).toEqual([width, height, width * height]);
    }
  });

  it.each(MATERIALS)('draws %s alike at every size', (material) => {
    const mean = (size: number): number => {
      const { data } = renderSample({ material, seed: 3, width: size, height: size }).image;
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    expect(Math.abs(mean(512) - mean(128))).toBeLessThan(12);
  });

  it.each(MATERIALS)('shows varied good specimens of one product: %s', (material) => {
    const size = { width: 96, height: 96 };
    const means = Array.from({ length: 12 }, (_, seed) => {
      const { data } = renderSample({ material, seed, ...size }).image;
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    });
    expect(new Set(means).size).toBe(means.length);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    // Neither black nor blown out, and the exposure moves by a few gray levels only.
    expect(low).toBeGreaterThan(40);
    expect(high).toBeLessThan(225);
    expect(high - low).toBeGreaterThan(1);
    expect(high - low).toBeLessThan(30);
  });

  it('varies the size of defects', () => {
    const areas = Array.from({ length: 16 }, (_, seed) =>
      area(renderSample({ material: 'wood', defect: 'stain', seed, width: 128, height: 128 })),
    );
    expect(Math.max(...areas)).toBeGreaterThan(3 * Math.min(...areas));
  });

  it.each([
    [{ material: 'glass' as MaterialName }, /unknown material "glass".*wood/],
    [{ defect: 'missing-thread' as DefectKind }, /wood has no defect "missing-thread".*crack/],
    [{ defect: 'moth' as DefectKind }, /Unknown defect "moth"/],
    [{ seed: -1 }, /seed must be/],
    [{ seed: 0.5 }, /seed must be/],
    [{ seed: 2 ** 32 }, /seed must be/],
    [{ width: 31 }, /width must be a whole number from 32 to 2048; got 31/],
    [{ height: 2049 }, /height must be/],
    [{ height: Number.NaN }, /got NaN/],
  ])('refuses %o', (wrong, message) => {
    const request = { material: 'wood' as const, seed: 1, width: 64, height: 64, ...wrong };
    expect(() => renderSample(request)).toThrow(ConfigurationError);
    expect(() => renderSample(request)).toThrow(message);
  });
});
