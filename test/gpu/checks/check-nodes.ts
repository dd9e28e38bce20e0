import { EXTENTS, type Extent } from '../nodes/all-graphs.js';
import { NOT_USED, type Placement } from '../nodes/read-placements.js';
import { Failed, type Outcome } from './outcome.js';

/** What of the graphs a run looks at. */
export function extentOf(quick: boolean, software: boolean): Extent {
  return EXTENTS[quick ? 2 : software ? 1 : 0] as Extent;
}

/** Whether every graph that the device is given runs on it as a whole. */
export function judgePlacements(placements: readonly Placement[]): Outcome {
  const used = placements.filter(({ graph }) => !graph.startsWith(NOT_USED));
  if (used.length === 0) throw new Error('no graph was opened');
  const bad = used.filter(({ onCpu, refusal, onDevice }) => onCpu.length > 0 || refusal || !onDevice);
  const nodes = used.reduce((sum, { onDevice = 0 }) => sum + onDevice, 0);
  const figures: Outcome['figures'] = { graphs: used.length, nodes, names: used.map(({ graph }) => graph) };
  for (const { graph, onCpu } of placements) {
    if (graph.startsWith(NOT_USED) && onCpu.length > 0) figures[`onCpu, ${graph}`] = onCpu;
  }
  if (bad.length === 0) {
    return {
      reason: `the guard accepts all ${used.length} graphs: each of their ${nodes} nodes is placed on the device`,
      figures,
    };
  }
  const words = bad.map(({ graph, onCpu, refusal, onDevice }) => {
    if (onCpu.length > 0) return `${graph}: on the CPU ${onCpu.join(', ')}`;
    return `${graph}: ${refusal ?? `the engine did not say where its nodes are (${onDevice ?? 'none'})`}`;
  });
  for (const { graph, onCpu } of bad) figures[`onCpu, ${graph}`] = onCpu;
  throw new Failed(
    `${bad.length} of ${used.length} graphs do not run wholly on the device: ${words.slice(0, 5).join('; ')}`,
    figures,
  );
}
