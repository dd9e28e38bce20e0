import { expect, it } from 'vitest';
import { presetFor } from './preset-for.js';

it.each([
  ['nothing', {}, 'memory'],
  ['what both methods have', { backbone: 'resnet18', seed: 3, inputSize: [320, 320] }, 'memory'],
  ['what is left out', { epochs: undefined, lr: undefined }, 'memory'],
  ['epochs', { epochs: 4 }, 'fast'],
  ['no patience', { patience: null }, 'fast'],
  ['the shape of a flow', { couplingBlocks: 4 }, 'fast'],
  ['a flow', { method: 'flow' }, 'fast'],
  ['a memory', { method: 'memory' }, 'memory'],
])('asked for %s', (_, options, preset) => {
  expect(presetFor(options)).toBe(preset);
});
