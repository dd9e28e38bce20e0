import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, StorageError, WeightsError } from '@cflow/spec';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { asOrdinaryUser } from '../../../test/support/as-ordinary-user.js';
import { findArchitecture } from './backbones/registry.js';
import { describeBackbones } from './describe-backbones.js';
import { type BackboneChoice, openBackbone } from './open-backbone.js';
import { formulaImage } from './testing/formula-tensor.js';
import { formulaWeights } from './testing/formula-weights.js';
import { LoopbackHub } from './testing/loopback-hub.js';
import { numbers, runGraph } from './testing/run-graph.js';
import { runModel } from './testing/run-model.js';
import { pullBackbone } from './weights/hub.js';
import { writeSafetensors } from './weights/safetensors.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`backbones/testdata/${name}`, import.meta.url));
const options = { inputSize: [64, 64] } as const;

let folder: string;
let weights: Map<string, Tensor>;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-open-'));
  weights = formulaWeights(findArchitecture('mobilenet_v2'), 'torchvision');
  path = join(folder, 'mobile.safetensors');
  await writeFile(path, writeSafetensors(weights, { source: 'a\nformula', licence: 'CC0-1.0' }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
// No test may depend on what this machine has in its cache.
beforeEach(() => {
  vi.stubEnv('CFLOW_CACHE', join(folder, 'cache'));
});

const open = (choice: Partial<BackboneChoice>) =>
  openBackbone({ name: 'mobilenet_v2', preTrained: true, seed: 1, ...choice });

async function caught(promise: Promise<unknown>): Promise<WeightsError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error;
}

describe('openBackbone', () => {
  it('opens the embedded backbone', async () => {
    const opened = await open({ name: 'embedded' });
    expect(opened).toMatchObject({ name: 'embedded', licence: 'Apache-2.0' });
    expect(opened.origin).toMatch(/^@mediapipe\/objectron, sha256 [0-9a-f]{64}$/);
    const { layers } = await opened.build(options);
    expect(layers.map(({ channels }) => channels)).toEqual([32, 96, 320]);
    expect((await caught(open({ name: 'embedded', weights: path }))).code).toBe('configuration');
    expect((await caught(open({ name: 'embedded', preTrained: false }))).code).toBe('configuration');
  });

  it('opens an architecture with a file of weights, and says where they come from', async () => {
    const opened = await open({ name: 'mobilenetv2_100', weights: path });
    expect(opened).toMatchObject({ name: 'mobilenet_v2', licence: 'CC0-1.0' });
    expect(opened.origin).toMatch(/^mobile\.safetensors \(a formula\), sha256 [0-9a-f]{64}$/);
    const { layers } = await opened.build({ ...options, layers: ['features.6'] });
    expect(layers).toEqual([{ name: 'features.6', channels: 32, height: 8, width: 8 }]);
    await expect(opened.build({ ...options, layers: ['layer2'] })).rejects.toThrow(ConfigurationError);
  });

  it('opens an architecture without training, the same for a seed', async () => {
    const features = async (seed: number) => {
      const opened = await open({ preTrained: false, seed });
      expect(opened).toMatchObject({ origin: `random, seed ${seed}`, licence: null });
      const { graph } = await opened.build({ ...options, layers: ['features.2'] });
      return numbers(await runGraph(graph, { image: formulaImage(64, 64) }), 'features.2');
    };
    expect(await features(5)).toEqual(await features(5));
    expect(await features(6)).not.toEqual(await features(5));
    expect((await caught(open({ preTrained: false, weights: path }))).code).toBe('configuration');
  });

  it.each([
    ['the embedded one', { name: 'embedded' }],
    ['one without training', { preTrained: false }],
    ['one with a file of weights', {}],
  ] as const)('checks %s by what building it would say', async (_, choice) => {
    const { check, build } = await open(
      'name' in choice || 'preTrained' in choice ? choice : { weights: path },
    );
    await expect(check(options)).resolves.toBeUndefined();
    const wrong = [
      { ...options, layers: ['layer9'] },
      { ...options, layers: ['features.6', 'features.6'] },
      { inputSize: [0, 64] as const },
    ];
    for (const each of wrong) {
      const { message } = await caught(build(each));
      expect((await caught(check(each))).message).toBe(message);
    }
  });

  it('normalizes pixels as the weights were trained, or as it is told', async () => {
    const meanOf = async (choice: Partial<BackboneChoice>, layer = 'features.0') => {
      const { graph } = await (await open(choice)).build({ ...options, layers: [layer] });
      const { data } = graph.initializers.get('pixel_mean') as Tensor;
      return [...(data as Float32Array)].map((value) => Math.round((value / 255) * 1000) / 1000);
    };
    expect(await meanOf({ weights: path })).toEqual([0.485, 0.456, 0.406]);
    const half = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;
    expect(await meanOf({ weights: path, normalization: half })).toEqual([0.5, 0.5, 0.5]);
    expect(await meanOf({ name: 'mobilenetv3_large_100.ra4_e3600_r224_in1k', preTrained: false })).toEqual([
      0.5, 0.5, 0.5,
    ]);
    expect(await meanOf({ name: 'efficientnet_lite0', preTrained: false }, 'blocks.0')).toEqual([
      0.5, 0.5, 0.5,
    ]);
  });
});

describe('pulled weights', () => {
  it('are taken when no file is given', async () => {
    const hub = new LoopbackHub();
    hub.files.set('timm/mobilenetv2_100.ra_in1k', await readFile(path));
    const endpoint = await hub.listen();
    try {
      const missing = await caught(open({}));
      expect(missing).toBeInstanceOf(WeightsError);
      expect(missing.message).toContain('cflow backbone pull mobilenetv2_100.ra_in1k');
      const { sha256 } = await pullBackbone('mobilenetv2_100.ra_in1k', { endpoint });
      for (const name of ['mobilenet_v2', 'mobilenetv2_100', 'mobilenetv2_100.ra_in1k']) {
        const { origin } = await open({ name });
        expect(origin).toBe(`timm/mobilenetv2_100.ra_in1k@main (a formula), sha256 ${sha256}`);
      }
      expect((await caught(open({ name: 'mobilenetv2_100.other' }))).message).toContain(
        'cflow backbone pull mobilenetv2_100.other',
      );
    } finally {
      await hub.close();
    }
  });
});

describe('weights that cannot be used', () => {
  const written = async (name: string, bytes: Uint8Array): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, bytes);
    return file;
  };

  it('are missing', async () => {
    const error = await caught(open({ weights: join(folder, 'none.safetensors') }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(/none\.safetensors" cannot be read: there is no such file/);
  });

  it('are a folder', async () => {
    const error = await caught(open({ weights: folder }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('are a folder');
  });

  it('are cut short, or not safetensors at all', async () => {
    const bytes = await readFile(path);
    for (const [name, content] of [
      ['cut.safetensors', bytes.subarray(0, bytes.length - 100)],
      ['head.safetensors', bytes.subarray(0, 100)],
      ['empty.safetensors', new Uint8Array(0)],
      ['text.safetensors', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ] as const) {
      const error = await caught(open({ weights: await written(name, content) }));
      expect(error, name).toBeInstanceOf(WeightsError);
      expect(error.message).toContain(name);
    }
  });

  it('are of another architecture, which is named', async () => {
    const error = await caught(open({ name: 'resnet18', weights: path }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('use the backbone mobilenet_v2');
  });

  it('lack a tensor, or have it in another shape: it is named', async () => {
    const lacking = new Map(weights);
    lacking.delete('features.4.conv.1.1.running_var');
    const short = await open({ weights: await written('lacking.safetensors', writeSafetensors(lacking)) });
    const missing = await caught(short.build(options));
    expect(missing).toBeInstanceOf(WeightsError);
    expect(missing.message).toContain('"features.4.conv.1.1.running_var" of shape [144]');

    const bent = new Map(weights);
    bent.set('features.4.conv.0.1.bias', { type: 'float32', dims: [2, 72], data: new Float32Array(144) });
    const wrong = await open({ weights: await written('bent.safetensors', writeSafetensors(bent)) });
    const shape = await caught(wrong.build(options));
    expect(shape).toBeInstanceOf(WeightsError);
    expect(shape.message).toMatch(/"features\.4\.conv\.0\.1\.bias" of shape \[144\].*\[2, 72\]/);
  });

  it('are of a kind that is not read', async () => {
    const malicious = fileURLToPath(new URL('weights/torch-file/testdata/malicious.pth', import.meta.url));
    const pickle = await caught(open({ weights: malicious }));
    expect(pickle).toBeInstanceOf(WeightsError);
    expect(pickle.message).toMatch(/malicious\.pth.*system.*nothing of it was run/s);
    const onnx = await caught(open({ weights: 'model.onnx' }));
    expect(onnx).toBeInstanceOf(ConfigurationError);
    expect(onnx.message).toContain('as the backbone');
  });

  it.skipIf(process.platform === 'win32')('may not be read (Windows has other permissions)', async () => {
    const file = await written('secret.safetensors', new Uint8Array(10));
    await chmod(file, 0o000);
    await chmod(dirname(file), 0o755);
    const error = await asOrdinaryUser(() => caught(open({ weights: file })));
    expect(error).toBeInstanceOf(StorageError);
  });
});

describe('an ONNX file', () => {
  const layers = ['hardswish', 'hardswish_2'];

  it('is a backbone, with weights in a file beside it', async () => {
    const opened = await open({ name: fixture('torch-net-external.onnx'), run: runModel });
    expect(opened).toMatchObject({ name: 'torch-net-external.onnx', licence: null });
    expect(opened.origin).toMatch(/^torch-net-external\.onnx, sha256 [0-9a-f]{64}$/);
    const backbone = await opened.build({ ...options, layers });
    expect(backbone.layers).toEqual([
      { name: 'hardswish', channels: 8, height: 16, width: 16 },
      { name: 'hardswish_2', channels: 16, height: 4, width: 4 },
    ]);
    const outputs = await runGraph(backbone.graph, { image: formulaImage(64, 64) });
    expect(outputs.hardswish_2?.dims).toEqual([1, 16, 4, 4]);
  });

  it('comes with its weights', async () => {
    const name = fixture('torch-net.onnx');
    expect((await caught(open({ name, weights: path }))).code).toBe('configuration');
    expect((await caught(open({ name, preTrained: false }))).code).toBe('configuration');
  });

  it('is refused when it is missing, a folder, or no model', async () => {
    const none = await caught(open({ name: join(folder, 'none.onnx') }));
    expect(none).toBeInstanceOf(WeightsError);
    expect(none.message).toContain('there is no such file');
    await mkdir(join(folder, 'folder.onnx'));
    expect((await caught(open({ name: join(folder, 'folder.onnx') }))).message).toContain('a folder');
    await writeFile(join(folder, 'junk.onnx'), 'junk');
    const junk = await caught(open({ name: join(folder, 'junk.onnx') }));
    expect(junk).toBeInstanceOf(WeightsError);
    expect(junk.message).toContain('not an ONNX model');
  });

  it('is refused when the file beside it is missing or cut short', async () => {
    const copy = join(folder, 'alone.onnx');
    await copyFile(fixture('torch-net-external.onnx'), copy);
    const build = async () => (await open({ name: copy, run: runModel })).build({ ...options, layers });
    const missing = await caught(build());
    expect(missing).toBeInstanceOf(WeightsError);
    expect(missing.message).toContain('torch-net-external.onnx.data');
    const data = join(folder, 'torch-net-external.onnx.data');
    const bytes = await readFile(fixture('torch-net-external.onnx.data'));
    await writeFile(data, bytes.subarray(0, 1000));
    expect((await caught(build())).message).toContain('cut short');
    // As in the cache of a hub, where files are links.
    await rm(data);
    await symlink(fixture('torch-net-external.onnx.data'), data);
    expect((await build()).layers.length).toBe(2);
  });
});

describe('describeBackbones', () => {
  it('lists every name that can be opened, the embedded one first', async () => {
    const all = await describeBackbones();
    expect(all.map(({ name }) => name)).toEqual([
      'embedded',
      'resnet18',
      'resnet34',
      'resnet50',
      'wide_resnet50_2',
      'resnet50_v1',
      'mobilenet_v2',
      'mobilenet_v3_large',
      'efficientnet_lite0',
      'efficientnet_lite1',
      'efficientnet_lite2',
    ]);
    for (const { defaultLayers, layers, otherLayers } of all) {
      const known = [...layers.map(({ name }) => name), ...otherLayers];
      expect(defaultLayers.every((layer) => known.includes(layer))).toBe(true);
    }
  });
});
