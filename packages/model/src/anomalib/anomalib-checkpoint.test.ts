import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { IMAGENET } from '../backbones/architecture.js';
import { makeAnomalibCheckpoint, transformSpec } from '../testing/anomalib-checkpoint.js';
import { Call, type Pickled, writeTorchFile } from '../testing/write-torch-file.js';
import { readAnomalibCheckpoint } from './anomalib-checkpoint.js';
import { checkpointBackbone } from './checkpoint-backbone.js';

const made = makeAnomalibCheckpoint({ layers: ['layer1', 'layer2'] });
const { hyper_parameters: settings } = made.value as { hyper_parameters: Record<string, Pickled> };

const read = (changes: Record<string, Pickled> = {}, overrides = {}) =>
  readAnomalibCheckpoint(writeTorchFile({ ...made.value, ...changes }), overrides);
const withSettings = (changes: Record<string, Pickled>) => ({
  hyper_parameters: { ...settings, ...changes },
});
const withTransform = (transform: Pickled) => ({ anomalib_pre_processor_config: { transform } });
const without = (name: string) => ({
  state_dict: new Map([...made.stateDict].filter(([tensor]) => tensor !== name)) as ReadonlyMap<
    string,
    Pickled
  >,
});

describe('a checkpoint of anomalib', () => {
  it('gives decoders, network and settings', () => {
    const found = read();
    expect(found).toMatchObject({
      backbone: 'resnet18',
      inputSize: [32, 48],
      normalization: { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.25, 0.5] },
      settings: { fiberBatchSize: 64, lr: 0.0002 },
      epochs: 3,
      assumed: [],
    });
    expect(found.decoders.map(({ layer, shape }) => ({ layer, shape }))).toEqual([
      { layer: 'layer1', shape: made.shapes[0] },
      { layer: 'layer2', shape: made.shapes[1] },
    ]);
    found.decoders.forEach(({ parameters }, index) => {
      expect(Object.fromEntries(parameters)).toEqual(made.parameters[index]);
    });
    const { layers } = checkpointBackbone(found, { layers: ['layer1', 'layer2'] });
    expect(layers.map(({ channels, height, width }) => [channels, height, width])).toEqual([
      [64, 8, 12],
      [128, 4, 6],
    ]);
  });

  it('keeps rotations as matrices', () => {
    const soft = makeAnomalibCheckpoint({ permuteSoft: true });
    const [decoder] = readAnomalibCheckpoint(writeTorchFile(soft.value)).decoders;
    expect(decoder?.shape.permuteSoft).toBe(true);
    expect(Object.fromEntries(decoder?.parameters ?? [])).toEqual(soft.parameters[0]);
  });

  it('takes what is not said as the reference has it, and says so', () => {
    const found = read(
      { hyper_parameters: {}, anomalib_pre_processor_config: {} },
      { layers: ['layer1', 'layer2'], backbone: 'resnet18' },
    );
    expect(found).toMatchObject({ inputSize: [256, 256], normalization: IMAGENET });
    expect(found.assumed).toEqual(['clamp 1.9', 'input size 256 x 256']);
  });

  it('reads transforms that were pickled as objects of torchvision', () => {
    const object = (kind: string, state: Record<string, Pickled>) =>
      new Call(`torchvision.transforms.v2._${kind}`, kind, [], state);
    const transform = object('Compose', {
      training: true,
      transforms: [
        object('Resize', {
          size: [40, 24],
          interpolation: new Call('torchvision.transforms.functional', 'InterpolationMode', ['bilinear']),
        }),
        object('ToDtype', { scale: true }),
        object('Normalize', { mean: [0, 0, 0], std: [1, 1, 1] }),
      ],
    });
    const found = read({ anomalib_pre_processor_config: null, transform });
    expect(found).toMatchObject({
      inputSize: [40, 24],
      normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
    });
  });

  it('is read as well where the model was exported whole', () => {
    // Modules as Python pickles them: the last part of a name is a parameter or a buffer.
    const moduleOf = (
      entries: readonly (readonly [string, Tensor])[],
      more: Record<string, Pickled> = {},
    ): Call => {
      const parameters: Record<string, Pickled> = {};
      const inner = new Map<string, [string, Tensor][]>();
      for (const [name, tensor] of entries) {
        const dot = name.indexOf('.');
        if (dot < 0) parameters[name] = tensor;
        else {
          const own = inner.get(name.slice(0, dot)) ?? [];
          own.push([name.slice(dot + 1), tensor]);
          inner.set(name.slice(0, dot), own);
        }
      }
      const modules = new Map<string, Pickled>([...inner].map(([name, own]) => [name, moduleOf(own)]));
      for (const [name, value] of Object.entries(more)) if (!name.startsWith('_')) modules.set(name, value);
      const state = { training: false, _parameters: parameters, _buffers: {}, _modules: modules };
      return new Call('torch.nn.modules.module', 'Module', [], {
        ...state,
        ...Object.fromEntries(Object.entries(more).filter(([name]) => name.startsWith('_'))),
      });
    };
    const transform = new Call('torchvision.transforms.v2._geometry', 'Resize', [], {
      _modules: {},
      size: [64, 32],
    });
    const model = moduleOf([...made.stateDict], {
      _hparams: settings,
      pre_processor: moduleOf([], { transform }),
    });
    const found = readAnomalibCheckpoint(writeTorchFile({ model }));
    expect(found).toMatchObject({ backbone: 'resnet18', inputSize: [64, 32], epochs: 0 });
    found.decoders.forEach(({ parameters }, index) => {
      expect(Object.fromEntries(parameters)).toEqual(made.parameters[index]);
    });
  });

  it.each<[string, Record<string, Pickled>, RegExp]>([
    ['a crop', withTransform(transformSpec('CenterCrop', { size: [24, 24] })), /"CenterCrop".*input size/],
    ['a resize of the shorter side', withTransform(transformSpec('Resize', { size: [32] })), /shorter side/],
    [
      'another interpolation',
      withTransform(transformSpec('Resize', { size: [8, 8], interpolation: 'nearest' })),
      /"nearest"/,
    ],
    [
      'two means',
      withTransform(transformSpec('Normalize', { mean: [1, 2], std: [1, 1, 1] })),
      /"mean" \[1,2\]/,
    ],
    ['another decoder', withSettings({ decoder: 'other' }), /"freia-cflow"/],
    ['a layer too few', withSettings({ layers: ['layer1'] }), /2 decoders.*in the order of the decoders/],
  ])('refuses %s with a word on what to do', (_, changes, message) => {
    expect(() => read(changes)).toThrow(ConfigurationError);
    expect(() => read(changes)).toThrow(message);
  });

  it('takes a size that is given in place of resizing and cropping', () => {
    const crops = withTransform(
      transformSpec('Compose', {
        transforms: [
          transformSpec('Resize', { size: [40] }),
          transformSpec('CenterCrop', { size: [32, 32] }),
        ],
      }),
    );
    expect(read(crops, { inputSize: [32, 32] }).inputSize).toEqual([32, 32]);
  });

  it.each<[string, Record<string, Pickled>, RegExp]>([
    ['other blocks than it says', withSettings({ coupling_blocks: 8 }), /coupling_blocks 8.*of 2/],
    [
      'another model',
      { state_dict: { 'model.memory_bank': made.stateDict.values().next().value as Pickled } },
      /not a checkpoint of anomalib/,
    ],
    [
      'a missing tensor',
      without('model.decoders.1.module_list.1.subnet.2.bias'),
      /"module_list.1.subnet.2.bias"/,
    ],
    [
      'a missing permutation',
      without('model.decoders.0.module_list.0.w_perm'),
      /permutation of float32 \[64, 64\], and has none/,
    ],
  ])('refuses %s', (_, changes, message) => {
    expect(() => read(changes)).toThrow(WeightsError);
    expect(() => read(changes)).toThrow(message);
  });

  it('refuses what would run a command by its name, and does not run it', () => {
    const malicious = { ...made.value, callbacks: new Call('os', 'system', ['true']) };
    expect(() => readAnomalibCheckpoint(writeTorchFile(malicious))).toThrow(
      /asks for "os\.system".*nothing of it was run/,
    );
  });
});
