import { tilingOf } from '@cflow/images';
import { float32, type Tensor, uint8 } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import type { Device } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import {
  backboneKey,
  checkTiles,
  detectorTiling,
  seenLayers,
  seenSize,
  tiledSession,
} from './tiled-session.js';

const CANVAS = [224, 160] as const;
const TILE = [128, 96] as const;
const LAYERS = [
  { name: 'fine', height: 28, width: 20 },
  { name: 'coarse', height: 7, width: 5 },
];

/**
 * A network whose features are the first pixel of what each place sees, of each color and once more halved: put together, they
 * are those of the whole picture.
 */
function network(device: Device, rows: boolean, batches: number[] = []): Session {
  const info = (name: string) => ({ name, type: 'float32' as const, dims: ['batch', 6, 4, 3] });
  return {
    device,
    inputs: [{ name: 'image', type: 'uint8', dims: ['batch', 3, ...TILE] }],
    outputs: LAYERS.map(({ name }) => info(name)),
    async run({ image }) {
      const { dims, data } = image as Tensor;
      const [batch, , height, width] = dims as [number, number, number, number];
      batches.push(batch);
      return Object.fromEntries(
        LAYERS.map((layer) => [
          layer.name,
          features(data as Uint8Array, [batch, height, width], layer, rows),
        ]),
      );
    },
    dispose: async () => undefined,
  };
}

function features(
  data: Uint8Array,
  [batch, height, width]: [number, number, number],
  { height: rowsOfCanvas }: { height: number },
  rows: boolean,
): Tensor {
  const stride = CANVAS[0] / rowsOfCanvas;
  const [h, w] = [height / stride, width / stride];
  const values = new Float32Array(batch * 6 * h * w);
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < 6; c++) {
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          const pixel = data[((3 * b + (c % 3)) * height + y * stride) * width + x * stride]!;
          const at = rows ? ((b * h + y) * w + x) * 6 + c : ((b * 6 + c) * h + y) * w + x;
          values[at] = c < 3 ? pixel : pixel / 2;
        }
      }
    }
  }
  return float32(rows ? [batch, h * w, 6] : [batch, 6, h, w], values);
}

const canvases = (count: number): Tensor =>
  uint8(
    [count, 3, ...CANVAS],
    Uint8Array.from({ length: count * 3 * CANVAS[0] * CANVAS[1] }, (_, i) => (i * 2654435761) >>> 24),
  );
const tiling = tilingOf(CANVAS, TILE, [32, 32]);

describe('a network that sees pictures in tiles', () => {
  it.each([
    ['maps', 'cpu', false],
    ['rows', 'cpu', true],
    ['maps, several tiles at once', 'cuda', false],
  ] as const)('gives the features of whole pictures, as %s', async (_, device, rows) => {
    const batches: number[] = [];
    const image = canvases(3);
    const found = await tiledSession(network(device, rows, batches), tiling, LAYERS).run({ image });
    for (const layer of LAYERS) {
      const whole = features(image.data as Uint8Array, [3, ...CANVAS], layer, rows);
      expect(found[layer.name]?.dims).toEqual(whole.dims);
      expect(found[layer.name]?.data).toEqual(whole.data);
    }
    // A shape that a device has seen before costs it nothing.
    expect(new Set(batches).size).toBe(1);
    expect(batches[0]).toBe(device === 'cpu' ? 1 : 8);
  });

  it('says that it takes what a network with so large an input would', () => {
    const { inputs } = tiledSession(network('cpu', false), tiling, LAYERS);
    expect(inputs[0]?.dims).toEqual(['batch', 3, 224, 160]);
  });
});

describe('the tiles of a detector', () => {
  const input = { geometry: 'tiles', inputSize: [224, 160], tileSize: [128, 96] } as const;

  it('follow from its input, its tiles and its layers', () => {
    expect(detectorTiling(input, LAYERS)).toEqual(tiling);
    expect(seenSize(input)).toEqual([128, 96]);
    expect(seenLayers(input, LAYERS)).toEqual([
      { name: 'fine', height: 16, width: 12 },
      { name: 'coarse', height: 4, width: 3 },
    ]);
    const whole = { inputSize: [224, 160] } as const;
    expect(detectorTiling(whole, LAYERS)).toBeUndefined();
    expect(seenLayers(whole, LAYERS)).toEqual(LAYERS);
  });

  it('tell opened backbones apart', () => {
    const backbone = { sha256: 'a' };
    expect(backboneKey({ backbone, configuration: { inputSize: [224, 160] } })).toBe('a');
    const key = backboneKey({ backbone, configuration: input });
    expect(key).not.toBe('a');
    expect(backboneKey({ backbone, configuration: { ...input, inputSize: [256, 160] } })).not.toBe(key);
  });

  it('are refused where their maps cannot be put together', () => {
    const odd = [{ name: 'odd', height: 30, width: 20 }];
    expect(() => checkTiles(input, LAYERS)).not.toThrow();
    expect(() => checkTiles(input, odd)).toThrow(/cannot be put together: expected whole numbers/);
  });
});
