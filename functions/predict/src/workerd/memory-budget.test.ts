import type { BundleManifest } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { workerMemory } from './memory-budget.js';

const manifestOf = (
  configuration: Partial<BundleManifest['configuration']>,
  [height, width]: [number, number],
) =>
  ({
    files: { 'backbone.safetensors': { bytes: 1_000_000 }, 'decoders.safetensors': { bytes: 500_000 } },
    precision: 'float32',
    configuration: { inputSize: [height, width], ...configuration },
    layers: [{ name: 'a', channels: 40, height: height / 8, width: width / 8 }],
  }) as unknown as BundleManifest;

const total = (manifest: BundleManifest): number => {
  const { headBytes, backboneBytes } = workerMemory(manifest);
  return headBytes + backboneBytes;
};

describe('what a detector takes in a Worker', () => {
  it('grows with the pixels that its network sees at once', () => {
    const small = total(manifestOf({}, [256, 256]));
    expect(total(manifestOf({}, [512, 256])) - small).toBe(200 * 256 * 256);
  });

  it('is that of one tile, and what is kept of the picture, where it sees tiles', () => {
    const [rows, columns] = [512, 1248] as [number, number];
    const tiled = total(manifestOf({ geometry: 'tiles', tileSize: [256, 256] }, [rows, columns]));
    const whole = total(manifestOf({}, [rows, columns]));
    const one = total(manifestOf({}, [256, 256]));
    expect(tiled - one).toBe((11 + (8 * 40) / 64) * rows * columns);
    // 24 MB instead of 128 MB that nobody needs.
    expect(tiled).toBeLessThan(whole / 5);
  });
});
