import type { OperatorRule } from '../node-site.js';
import { ELEMENTWISE } from './elementwise.js';
import { INDEXING } from './indexing.js';
import { LAYOUT } from './layout.js';
import { MATRICES } from './matrices.js';
import { REDUCING } from './reductions.js';
import { SIZES } from './sizes.js';
import { WINDOWS } from './windows.js';

/**
 * The operators that a graph from outside may use, each with what it gives and what it costs: what the builders here
 * write, and what published backbones are exported with. None of them runs anything more than once, makes a size out of
 * numbers of the image, or draws numbers.
 */
export const OPERATOR_RULES: ReadonlyMap<string, OperatorRule> = new Map([
  ...ELEMENTWISE,
  ...INDEXING,
  ...LAYOUT,
  ...MATRICES,
  ...REDUCING,
  ...SIZES,
  ...WINDOWS,
]);
