import type { JobPreset } from './schedule.js';

/** Options that only a flow has: they say how it is shaped and trained. */
const OF_FLOWS = [
  'fiberBatchSize',
  'decoder',
  'conditionVector',
  'couplingBlocks',
  'clampAlpha',
  'permuteSoft',
  'fusion',
  'lr',
  'epochs',
  'imageBatchSize',
  'validationFraction',
  'patience',
] as const;

/**
 * The preset where none is named: a memory, which finds more in seconds; a flow, trained by `fast`, where the method or an
 * option asks for one.
 *
 * @param options of the configuration and of the plan; those that are undefined ask for nothing
 */
export function presetFor(options: Readonly<Record<string, unknown>>): JobPreset {
  if (options.method === 'memory') return 'memory';
  const flow = options.method === 'flow' || OF_FLOWS.some((option) => options[option] !== undefined);
  return flow ? 'fast' : 'memory';
}
