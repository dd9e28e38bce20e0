import { describe, expect, it } from 'vitest';
import { namedFlags } from './own-variants.js';
import { collectVariant } from './variant-option.js';
import type { ResolvedFlags } from './with-backbones.js';

const flagsOf = (text: string) => collectVariant(text)[0]?.flags;

describe('--variant', () => {
  it('reads options as the command line does, with commas in values', () => {
    expect(collectVariant('large:input-size=384x256,layers=a.1,b.2,epochs=4,patience=none')).toEqual([
      {
        name: 'large',
        flags: { inputSize: [384, 256], layers: ['a.1', 'b.2'], epochs: 4, patience: 'none' },
      },
    ]);
    expect(flagsOf('plain')).toEqual({});
    expect(flagsOf('x:backbone=resnet18,weights=/a/b,c.safetensors,preset=paper,precision=float16')).toEqual({
      backbone: 'resnet18',
      weights: '/a/b,c.safetensors',
      preset: 'paper',
      precision: 'float16',
    });
  });

  it('takes true and false for switches', () => {
    expect(flagsOf('a:permute-soft=true')).toEqual({ permuteSoft: true });
    expect(flagsOf('a:permute-soft=false,pre-trained=false')).toEqual({
      permuteSoft: false,
      preTrained: false,
    });
  });

  it.each([
    [':epochs=4', /a name/],
    ['a:epochs', /option=value/],
    ['a:epochs=0', /at least 1/],
    ['a:nonsense=1', /unknown option.*nonsense/],
    ['a:fusion=sum', /likelihood, standardized/],
    ['a:seed=1', /unknown option.*seed/],
  ])('refuses %s', (text, reason) => {
    expect(() => collectVariant(text)).toThrow(reason);
  });
});

describe('namedFlags', () => {
  const base: ResolvedFlags = {
    backbones: ['embedded'],
    presets: ['fast'],
    seeds: 1,
    firstSeed: 0,
    precision: 'float32',
    missingMasks: 'error',
    format: 'text',
    device: 'cpu',
    epochs: 3,
    layers: ['a'],
  };

  it('takes what a variant does not say from the other options', () => {
    const variant = collectVariant('other:backbone=resnet18', collectVariant('longer:epochs=9'));
    const [longer, other] = namedFlags({ ...base, weights: ['w'], variant });
    expect(longer).toMatchObject({
      name: 'longer',
      backbone: 'embedded',
      epochs: 9,
      layers: ['a'],
      weights: 'w',
    });
    // Weights and layers are another backbone's.
    expect(other).toMatchObject({ name: 'other', backbone: 'resnet18', epochs: 3, preset: 'fast' });
    expect([other?.layers, other?.weights]).toEqual([undefined, undefined]);
  });

  it('names each backbone with each preset where there are no variants', () => {
    const { layers: _, ...rest } = base;
    const all = namedFlags({ ...rest, backbones: ['embedded', 'resnet18'], presets: ['fast', 'paper'] });
    expect(all.map(({ name }) => name)).toEqual([
      'embedded, fast',
      'resnet18, fast',
      'embedded, paper',
      'resnet18, paper',
    ]);
  });

  it('refuses names that are not clear', () => {
    const variant = collectVariant('a:epochs=2', collectVariant('a'));
    expect(() => namedFlags({ ...base, variant })).toThrow(/two variants are called "a"/);
    expect(() => namedFlags({ ...base, presets: ['fast', 'paper'], variant: collectVariant('a') })).toThrow(
      /at most one of --backbones and of --presets/,
    );
  });
});
