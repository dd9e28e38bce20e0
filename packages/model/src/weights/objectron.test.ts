import { readFileSync } from 'node:fs';
import { WeightsError } from '@cflow/spec';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BackboneGraph, type ConvolutionLayer, sameUpperPads } from './backbone-graph.js';
import { readBackboneGraph, writeBackboneGraph } from './backbone-graph-file.js';
import { readObjectronModel } from './embedded-cache.js';
import { float16ToFloat32 } from './float16.js';
import { embeddedBackboneGraph, OBJECTRON_TAPS, objectronModelRange } from './objectron.js';
import { writeSafetensors } from './safetensors.js';
import { readTflite } from './tflite.js';

interface Golden {
  cases: {
    height: number;
    width: number;
    taps: { name: string; shape: number[]; mean: number; std: number; indices: number[]; values: number[] }[];
  }[];
}

// Made by the TFLite interpreter itself, with its reference kernels.
const golden: Golden = JSON.parse(
  readFileSync(new URL('./testdata/embedded-backbone.json', import.meta.url), 'utf8'),
);

interface Image {
  channels: number;
  height: number;
  width: number;
  data: Float64Array;
}

/** The fixed noise that the golden values were made from: [3, height, width], float32 in [-1, 1]. */
function noise(height: number, width: number): Image {
  const data = Float64Array.from({ length: 3 * height * width }, (_, i) => {
    let v = Math.imul(i, 2654435761);
    v = Math.imul(v ^ (v >>> 15), 2246822519);
    v ^= v >>> 13;
    return Math.fround((v >>> 24) / 127.5 - 1);
  });
  return { channels: 3, height, width, data };
}

const clamp = {
  none: (x: number) => x,
  relu: (x: number) => Math.max(0, x),
  relu6: (x: number) => Math.min(6, Math.max(0, x)),
};

/** A convolution in float64: each weight times the pixels that it meets, one kernel place after the other. */
function convolve(image: Image, layer: ConvolutionLayer): Image {
  const [out = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = layer.weight.dims;
  const weight = float16ToFloat32(layer.weight.data as Uint16Array);
  const bias = float16ToFloat32(layer.bias.data as Uint16Array);
  const [strideY, strideX] = layer.strides;
  const [top] = sameUpperPads(image.height, kernelHeight, strideY);
  const [left] = sameUpperPads(image.width, kernelWidth, strideX);
  const height = Math.ceil(image.height / strideY);
  const width = Math.ceil(image.width / strideX);
  const data = new Float64Array(out * height * width);
  let at = 0;
  for (let o = 0; o < out; o++) {
    const plane = data.subarray(o * height * width, (o + 1) * height * width).fill(bias[o]!);
    for (let c = 0; c < perGroup; c++) {
      const channel = (layer.type === 'depthwise' ? o : 0) + c;
      for (let i = 0; i < kernelHeight; i++) {
        for (let j = 0; j < kernelWidth; j++) {
          const factor = weight[at++]!;
          for (let y = 0; y < height; y++) {
            const row = y * strideY - top + i;
            if (row < 0 || row >= image.height) continue;
            const start = (channel * image.height + row) * image.width;
            for (let x = 0, column = j - left; x < width; x++, column += strideX) {
              if (column < 0 || column >= image.width) continue;
              plane[y * width + x] = plane[y * width + x]! + factor * image.data[start + column]!;
            }
          }
        }
      }
    }
  }
  return { channels: out, height, width, data: data.map(clamp[layer.activation]) };
}

function run(graph: BackboneGraph, image: Image): Map<string, Image> {
  const outputs = new Map([[graph.input, image]]);
  for (const layer of graph.layers) {
    const first = outputs.get(layer.inputs[0]) as Image;
    if (layer.type === 'add') {
      const second = outputs.get(layer.inputs[1]) as Image;
      const activate = clamp[layer.activation];
      const data = first.data.map((value, i) => activate(value + second.data[i]!));
      outputs.set(layer.name, { ...first, data });
    } else {
      outputs.set(layer.name, convolve(first, layer));
    }
  }
  return outputs;
}

let model: Uint8Array;
let graph: BackboneGraph;
beforeAll(async () => {
  model = await readObjectronModel();
  graph = embeddedBackboneGraph(model);
});

describe('the embedded backbone', () => {
  it('is the trunk of a MobileNetV2 and no more', () => {
    const count = (type: string) => graph.layers.filter((layer) => layer.type === type).length;
    expect([count('conv'), count('depthwise'), count('add')]).toEqual([34, 17, 10]);
    expect(graph.layers.at(-1)?.name).toBe('expanded_conv_16/project');
    expect(graph.taps).toEqual(OBJECTRON_TAPS);
  });

  it.each(golden.cases)('computes what TFLite computes, at $height x $width', ({ height, width, taps }) => {
    const outputs = run(graph, noise(height, width));
    for (const { name, shape, mean, std, indices, values } of taps) {
      const { channels, height: h, width: w, data } = outputs.get(name) as Image;
      expect([1, channels, h, w]).toEqual(shape);
      const average = data.reduce((sum, value) => sum + value, 0) / data.length;
      const variance = data.reduce((sum, value) => sum + (value - average) ** 2, 0) / data.length;
      // float32 in the interpreter against float64 here, after up to 52 convolutions.
      expect(Math.abs(average - mean)).toBeLessThan(1e-5 * std);
      expect(Math.abs(Math.sqrt(variance) - std)).toBeLessThan(1e-5 * std);
      const worst = Math.max(...indices.map((index, i) => Math.abs(data[index]! - values[i]!)));
      expect(worst).toBeLessThan(2e-5 * std);
    }
  });

  it('is the same after a round trip through its file', () => {
    const bytes = writeBackboneGraph(graph, { source: 'test', licence: 'Apache-2.0' });
    const read = readBackboneGraph(bytes);
    expect(read.layers.map(({ name }) => name)).toEqual(graph.layers.map(({ name }) => name));
    expect(Buffer.compare(writeBackboneGraph(read, { source: 'test', licence: 'Apache-2.0' }), bytes)).toBe(
      0,
    );
  });

  it('refuses a file whose graph is malformed', () => {
    const write = (value: unknown) =>
      writeSafetensors(new Map(), { format: 'cflow-backbone-1', graph: JSON.stringify(value) });
    const whole = { input: 'input', inputRange: [-1, 1], layers: [], taps: [] };
    expect(readBackboneGraph(write(whole)).layers).toEqual([]);
    const broken = [
      null,
      { ...whole, inputRange: [0] },
      { ...whole, taps: [{ name: 'x', channels: 1, stride: 1 }] },
      { ...whole, layers: [{ type: 'add', name: 'x', inputs: ['input', 'later'], activation: 'none' }] },
      { ...whole, layers: [{ type: 'conv', name: 'x', inputs: ['input'], activation: 'none' }] },
      { ...whole, layers: [{ type: 'add', name: 'x', inputs: ['input', 'input'], activation: 'tanh' }] },
    ];
    for (const value of broken) expect(() => readBackboneGraph(write(value))).toThrow(WeightsError);
    expect(() => readBackboneGraph(writeSafetensors(new Map(), {}))).toThrow(/expected a backbone graph/);
  });
});

describe('readTflite', () => {
  // Only the structure is worth damaging: the tables lie at both ends, the constants between.
  const place = fc.oneof(
    { weight: 1, arbitrary: fc.nat(20_000) },
    { weight: 4, arbitrary: fc.nat(100_000).map((distance) => -1 - distance) },
  );
  it.each([
    ['readTflite', readTflite, 600],
    ['embeddedBackboneGraph', embeddedBackboneGraph, 60],
  ] as const)('throws nothing but WeightsError for a damaged file: %s', (_, read, numRuns) => {
    const damaged = model.slice();
    fc.assert(
      fc.property(place, fc.nat(255), (position, byte) => {
        const at = position < 0 ? damaged.length + position : position;
        const kept = damaged[at]!;
        damaged[at] = byte;
        try {
          read(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        } finally {
          damaged[at] = kept;
        }
      }),
      { numRuns },
    );
  });

  it('refuses a file cut short, or of another kind', () => {
    for (const length of [0, 7, 8, 100, 200_000])
      expect(() => embeddedBackboneGraph(model.subarray(0, length))).toThrow(WeightsError);
    expect(() => readTflite(new Uint8Array(64))).toThrow(/TFL3/);
  });
});

describe('objectronModelRange', () => {
  const script = (files: string) => `x(); loadPackage({"files": ${files}, "remote_package_size": 9}); y();`;
  it('reads the range and runs nothing', () => {
    const entry =
      '{"filename": "/a/object_detection_ssd_mobilenetv2_oidv4_fp16.tflite", "start": 184, "end": 200}';
    expect(objectronModelRange(script(`[{"filename": "/b", "start": 0, "end": 1}, ${entry}]`))).toEqual({
      start: 184,
      end: 200,
    });
  });

  it.each([
    '',
    script('[]'),
    script('[null]'),
    script('[alert(1)]'),
    script('[{"filename": "/object_detection_ssd_mobilenetv2_oidv4_fp16.tflite", "start": -1, "end": 2}]'),
  ])('refuses %j', (text) => {
    expect(() => objectronModelRange(text)).toThrow(WeightsError);
  });
});

describe('sameUpperPads', () => {
  it.each([
    [300, 3, 2, [0, 1]],
    [75, 3, 2, [1, 1]],
    [7, 3, 1, [1, 1]],
    [8, 1, 2, [0, 0]],
    [5, 4, 1, [1, 2]],
  ] as const)('pads %i with a kernel of %i and stride %i by %j', (size, kernel, stride, pads) => {
    expect(sameUpperPads(size, kernel, stride)).toEqual(pads);
  });
});
