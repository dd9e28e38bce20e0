import { expect, it } from 'vitest';
import { z } from 'zod';
import { configurationTexts, settingTexts } from './settings-from-texts.js';

const read = (texts: object, values: Record<string, string>): unknown =>
  z.strictObject(texts as Record<string, z.ZodType>).parse(values);

it('reads what hosts write as texts, also with quotes around it', () => {
  expect(
    read(settingTexts, { preset: '"paper"', epochs: '"4"', strict: 'True', patience: 'null', good: '["a"]' }),
  ).toMatchObject({ preset: 'paper', epochs: 4, strict: true, patience: null, good: ['a'] });
  expect(
    read(configurationTexts, {
      backbone: '"resnet18"',
      // An "x" parts the sides of a size, not a name.
      layers: 'expanded_conv_3/add, expanded_conv_12/add',
      inputSize: '128x192',
      lr: '1e-3',
      permuteSoft: '0',
    }),
  ).toMatchObject({
    backbone: 'resnet18',
    layers: ['expanded_conv_3/add', 'expanded_conv_12/add'],
    inputSize: [128, 192],
    lr: 0.001,
    permuteSoft: false,
  });
  expect(read(configurationTexts, { inputSize: '64' })).toMatchObject({ inputSize: [64, 64] });
  expect(read(configurationTexts, { inputSize: '[64, 96]' })).toMatchObject({ inputSize: [64, 96] });
  for (const range of ['0:4095', '{"low": 0, "high": 4095}'])
    expect(read(configurationTexts, { range })).toMatchObject({ range: { low: 0, high: 4095 } });
});

it('leaves out what is not told, so that the preset decides', () => {
  expect(Object.values(read(configurationTexts, {}) as object).filter((each) => each !== undefined)).toEqual(
    [],
  );
});

it.each([
  [settingTexts, { epochs: '' }],
  [settingTexts, { epochs: '0x10' }],
  [settingTexts, { strict: 'yes' }],
  [settingTexts, { good: '' }],
  [configurationTexts, { inputSize: '1x2x3' }],
  [configurationTexts, { inputSize: 'wide' }],
  [configurationTexts, { layers: '[1' }],
  [configurationTexts, { range: '4095' }],
  [configurationTexts, { range: '9:1' }],
])('refuses what a setting cannot be: %#', (texts, values) => {
  expect(() => read(texts, values as unknown as Record<string, string>)).toThrow();
});
