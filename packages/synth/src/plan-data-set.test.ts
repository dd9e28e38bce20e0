import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { DEFECTS, MATERIALS, planDataSet, renderSample } from './index.js';

const request = {
  materials: ['wood'] as const,
  trainCount: 3,
  testGoodCount: 2,
  perDefectCount: 1,
  size: 64,
  seed: 5,
};

describe('planDataSet', () => {
  it('lists the layout of MVTec AD', () => {
    expect(
      planDataSet(request).map(({ path, maskPath }) => (maskPath === undefined ? [path] : [path, maskPath])),
    ).toEqual([
      ['wood/train/good/000.png'],
      ['wood/train/good/001.png'],
      ['wood/train/good/002.png'],
      ['wood/test/good/000.png'],
      ['wood/test/good/001.png'],
      ['wood/test/scratch/000.png', 'wood/ground_truth/scratch/000_mask.png'],
      ['wood/test/crack/000.png', 'wood/ground_truth/crack/000_mask.png'],
      ['wood/test/hole/000.png', 'wood/ground_truth/hole/000_mask.png'],
      ['wood/test/stain/000.png', 'wood/ground_truth/stain/000_mask.png'],
    ]);
  });

  it('renders what it lists', () => {
    for (const { render, material, defect, seed } of planDataSet({
      ...request,
      size: { width: 64, height: 48 },
    })) {
      expect(render()).toEqual(renderSample({ material, defect, seed, width: 64, height: 48 }));
    }
  });

  it('gives every sample of every material a seed of its own', () => {
    const samples = planDataSet({
      ...request,
      materials: MATERIALS,
      trainCount: 60,
      testGoodCount: 20,
      perDefectCount: 20,
    });
    expect(samples).toHaveLength(MATERIALS.reduce((sum, name) => sum + 80 + 20 * DEFECTS[name].length, 0));
    expect(new Set(samples.map(({ seed }) => seed)).size).toBe(samples.length);
    expect(new Set(samples.map(({ path }) => path)).size).toBe(samples.length);
  });

  it('adds images and changes none when counts grow', () => {
    const seedOf = new Map(
      planDataSet({ ...request, trainCount: 30, perDefectCount: 9 }).map(({ path, seed }) => [path, seed]),
    );
    for (const { path, seed } of planDataSet(request)) expect(seedOf.get(path)).toBe(seed);
  });

  it('keeps the order of names beyond a thousand images', () => {
    const paths = planDataSet({ ...request, trainCount: 1001, testGoodCount: 0, perDefectCount: 0 }).map(
      ({ path }) => path,
    );
    expect(paths.at(-1)).toBe('wood/train/good/1000.png');
    expect(paths).toEqual(paths.toSorted());
  });

  it('counts a material named twice once', () => {
    expect(planDataSet({ ...request, materials: ['wood', 'wood'] })).toHaveLength(
      planDataSet(request).length,
    );
  });

  it.each([
    [{ materials: [] }, /at least one material/],
    [{ materials: ['paper' as 'wood'] }, /unknown material "paper"/],
    [{ trainCount: -1 }, /trainCount must be a whole number from 0 to 10000; got -1/],
    [{ perDefectCount: 1.5 }, /perDefectCount/],
    [{ testGoodCount: 10_001 }, /testGoodCount/],
    [{ size: 8 }, /width must be/],
    [{ size: { width: 64, height: 4096 } }, /height must be/],
    [{ seed: -3 }, /seed must be/],
  ])('refuses %o', (wrong, message) => {
    expect(() => planDataSet({ ...request, ...wrong })).toThrow(ConfigurationError);
    expect(() => planDataSet({ ...request, ...wrong })).toThrow(message);
  });
});
