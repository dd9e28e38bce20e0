import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { describeArchitecture } from './describe.js';
import { ARCHITECTURES, findArchitecture } from './registry.js';
import { timmLicence, timmNormalization } from './timm-tags.js';

describe('findArchitecture', () => {
  it.each([
    ['resnet18', 'resnet18'],
    ['resnet18.a1_in1k', 'resnet18'],
    ['wide_resnet50_2.racm_in1k', 'wide_resnet50_2'],
    ['mobilenetv2_100', 'mobilenet_v2'],
    ['mobilenetv3_large_100.ra_in1k', 'mobilenet_v3_large'],
    ['mobilenet_v3_large', 'mobilenet_v3_large'],
    ['efficientnet_lite0', 'efficientnet_lite0'],
    ['tf_efficientnet_lite2.in1k', 'efficientnet_lite2'],
  ])('%s is %s', (name, architecture) => {
    expect(findArchitecture(name).name).toBe(architecture);
  });

  it('finds every architecture by the name that it is pulled under', () => {
    for (const architecture of ARCHITECTURES) {
      expect(findArchitecture(architecture.timm ?? architecture.name)).toBe(architecture);
    }
  });

  it.each(['resnet', 'constructor', '', '.a1_in1k', 'efficientnet_b0'])(
    'lists the names for "%s"',
    (name) => {
      expect(() => findArchitecture(name)).toThrow(ConfigurationError);
      expect(() => findArchitecture(name)).toThrow(/embedded, resnet18, .*mobilenet_v3_large.*ONNX file/);
    },
  );
});

describe('a name that timm uses for another network', () => {
  it('is refused with its tag, which asks for those weights', () => {
    expect(() => findArchitecture('efficientnet_lite0.ra_in1k')).toThrow(
      /pads differently .* tf_efficientnet_lite0\.in1k/,
    );
  });
});

describe('describeArchitecture', () => {
  // Parameters of the whole model in timm, less its classifier.
  it.each([
    ['resnet18', 11_689_512 - 513_000],
    ['resnet34', 21_797_672 - 513_000],
    ['resnet50', 25_557_032 - 2_049_000],
    // Every convolution has a bias.
    ['resnet50_v1', 25_557_032 - 2_049_000],
    ['wide_resnet50_2', 68_883_240 - 2_049_000],
    ['mobilenet_v2', 3_504_872 - 1_281_000],
    // Here the convolution behind the pooling goes as well.
    ['mobilenet_v3_large', 5_483_032 - 1_281_000 - (960 * 1280 + 1280)],
    // So does the last convolution before it, which sees no more than the last block.
    ['efficientnet_lite0', 4_652_008 - 1_281_000 - (320 * 1280 + 2 * 1280)],
    ['efficientnet_lite1', 5_416_680 - 1_281_000 - (320 * 1280 + 2 * 1280)],
    ['efficientnet_lite2', 6_092_072 - 1_281_000 - (352 * 1280 + 2 * 1280)],
  ])('%s has %d parameters', (name, parameters) => {
    expect(describeArchitecture(findArchitecture(name)).parameters).toBe(parameters);
  });

  it('gives channels and stride of each layer', () => {
    expect(describeArchitecture(findArchitecture('wide_resnet50_2')).layers).toEqual([
      { name: 'layer1', channels: 256, stride: 4 },
      { name: 'layer2', channels: 512, stride: 8 },
      { name: 'layer3', channels: 1024, stride: 16 },
      { name: 'layer4', channels: 2048, stride: 32 },
    ]);
  });
});

describe('what a timm tag says', () => {
  it.each([
    ['resnet18.a1_in1k', 0.485, 'Apache-2.0'],
    ['resnet18', 0.485, null],
    ['resnet34.ra4_e3600_r224_in1k', 0.5, 'Apache-2.0'],
    ['mobilenetv3_large_100.miil_in21k', 0, 'Apache-2.0'],
    ['wide_resnet50_2.tv2_in1k', 0.485, 'BSD-3-Clause'],
    ['resnet50.fb_swsl_ig1b_ft_in1k', 0.485, 'CC-BY-NC-4.0'],
    ['resnet50.bamboo', 0.485, null],
    ['resnet50.not_heard_of', 0.485, null],
    ['tf_efficientnet_lite0.in1k', 0.485, 'Apache-2.0'],
  ])('%s', (name, red, licence) => {
    expect(timmNormalization(name).mean[0]).toBe(red);
    expect(timmLicence(name)).toBe(licence);
  });
});
