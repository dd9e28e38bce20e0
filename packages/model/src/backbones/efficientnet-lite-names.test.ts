import { expect, it } from 'vitest';
import { findArchitecture } from './registry.js';

const { nameOf } = findArchitecture('efficientnet_lite0');

it.each([
  ['_conv_stem.weight', 'conv_stem.weight'],
  ['_bn0.running_mean', 'bn1.running_mean'],
  ['_blocks.0._depthwise_conv.weight', 'blocks.0.0.conv_dw.weight'],
  ['_blocks.0._bn1.bias', 'blocks.0.0.bn1.bias'],
  ['_blocks.0._project_conv.weight', 'blocks.0.0.conv_pw.weight'],
  ['_blocks.2._expand_conv.weight', 'blocks.1.1.conv_pw.weight'],
  ['_blocks.15._bn0.weight', 'blocks.6.0.bn1.weight'],
  ['_blocks.15._bn2.running_var', 'blocks.6.0.bn3.running_var'],
  ['_blocks.16._bn2.running_var', '_blocks.16._bn2.running_var'],
  ['_blocks.1.constructor.weight', '_blocks.1.constructor.weight'],
  ['_fc.weight', 'classifier.weight'],
  ['blocks.1.1.conv_pw.weight', 'blocks.1.1.conv_pw.weight'],
])('%s is %s', (name, timm) => {
  expect(nameOf?.(name)).toBe(timm);
});
