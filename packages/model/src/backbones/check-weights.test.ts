import { existsSync, readFileSync } from 'node:fs';
import { float32, type Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { trunkShapes } from '../testing/formula-weights.js';
import { readSafetensors } from '../weights/safetensors.js';
import { StateDict } from '../weights/state-dict.js';
import { buildBackbone } from './build-backbone.js';
import { checkWeights } from './check-weights.js';
import { ARCHITECTURES, findArchitecture } from './registry.js';
import { stateDictSource } from './weight-source.js';

const names = ARCHITECTURES.map(({ name }) => name);

/** The names and shapes of a file; its numbers are never looked at here. */
function fileOf(name: string, layout: 'timm' | 'torchvision'): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [tensor, dims] of trunkShapes(findArchitecture(name), layout)) {
    tensors.set(tensor, { type: 'float32', dims, data: new Float32Array(0) });
  }
  tensors.set('classifier.weight', float32([2, 4], new Float32Array(8)));
  return tensors;
}

function check(tensors: ReadonlyMap<string, Tensor>, name: string): WeightsError | undefined {
  try {
    checkWeights(new StateDict(tensors, { architecture: name }), findArchitecture(name));
    return undefined;
  } catch (error) {
    return error as WeightsError;
  }
}

describe('checkWeights', () => {
  for (const file of names) {
    for (const layout of ['timm', 'torchvision'] as const) {
      it(`knows ${layout} weights of ${file} from those of all others`, () => {
        const tensors = fileOf(file, layout);
        for (const name of names) {
          const error = check(tensors, name);
          if (name === file) expect(error).toBeUndefined();
          else {
            expect(error, `as ${name}`).toBeInstanceOf(WeightsError);
            expect(error?.message).toContain(`use the backbone ${file}`);
            expect(error?.details).toMatchObject({ architecture: name, fits: [file] });
          }
        }
      });
    }
  }

  it('names the first block that a smaller network has not', () => {
    const error = check(fileOf('resnet34', 'timm'), 'resnet18');
    expect(error?.message).toContain('"layer1.2.conv1.weight"');
  });

  it('lets a file lack the end of the network', () => {
    const tensors = fileOf('resnet50', 'timm');
    for (const tensor of tensors.keys()) if (tensor.startsWith('layer4')) tensors.delete(tensor);
    expect(check(tensors, 'resnet50')).toBeUndefined();
  });

  it('says what comes near when the file is of no network here', () => {
    const tensors = new Map([['stem.conv1.weight', float32([1, 1, 1, 1], [0])]]);
    const error = check(tensors, 'resnet18');
    expect(error).toBeInstanceOf(WeightsError);
    expect(error?.message).toContain('"stem.conv1.weight"');
  });
});

const imagenet = new URL('../../../../../shared/weights/mobilenet_v2.safetensors', import.meta.url);

describe.skipIf(!existsSync(imagenet))(
  'MobileNetV2 trained on ImageNet (skipped where ../shared/weights/mobilenet_v2.safetensors is missing)',
  () => {
    it('fits, and gives maps of 32, 96 and 320 channels at strides 8, 16 and 32', () => {
      const architecture = findArchitecture('mobilenet_v2');
      const { tensors } = readSafetensors(readFileSync(imagenet));
      const dict = new StateDict(tensors, { architecture: architecture.name });
      checkWeights(dict, architecture);
      const { layers } = buildBackbone(architecture, stateDictSource(dict), { inputSize: [256, 256] });
      expect(layers.map(({ name, channels, height }) => [name, channels, 256 / height])).toEqual([
        ['features.6', 32, 8],
        ['features.13', 96, 16],
        ['features.17', 320, 32],
      ]);
      expect(dict.unused().every((name) => name.startsWith('features.18.'))).toBe(true);
    });
  },
);
