import { Graph, innermost, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { formatShape, sameShape } from '../shape.js';

export interface LoopBody {
  /** What the next iteration starts with; as many as were carried in, of the same types and shapes. */
  carried: readonly Value[];
  /** One value per iteration; stacked along a new first axis. */
  scanned?: readonly Value[];
  /** Whether to go on; always, when left out. */
  goOn?: Value;
}

export interface LoopResult {
  carried: readonly Value[];
  scanned: readonly Value[];
}

/**
 * Runs a body `tripCount` times inside the graph (int64 scalar), carrying values from one iteration to the next.
 * The body may use values of the graphs around it. It is not differentiable: gradients are taken inside the body.
 */
export function Loop(
  tripCount: Value,
  carried: readonly Value[],
  build: (body: Graph, iteration: Value, carried: readonly Value[]) => LoopBody,
): LoopResult {
  const outer = innermost([tripCount, ...carried]);
  const body = new Graph('body', outer);
  const iteration = body.input(`${outer.freshDim()}_iteration`, 'int64', []);
  const goOn = body.input(`${outer.freshDim()}_condition`, 'bool', []);
  const inner = carried.map((value, i) =>
    body.input(`${outer.freshDim()}_carried${i}`, value.type, value.shape),
  );
  const result = build(body, iteration, inner);
  const { scanned = [] } = result;
  if (result.carried.length !== carried.length) {
    throw new GraphError(`Loop: ${carried.length} values went in, ${result.carried.length} are carried on`);
  }
  // An output must be made by the body itself: hand inputs, constants and outer values on through Identity.
  const own = (value: Value): Value =>
    value.graph === body && value.producer ? value : body.emit('Identity', [value], [value]).outputs[0]!;
  body.output(`${goOn.name}_out`, own(result.goOn ?? goOn));
  result.carried.forEach((value, i) => {
    const before = carried[i] as Value;
    if (value.type !== before.type || !sameShape(value.shape, before.shape)) {
      throw new GraphError(
        `Loop: carried value ${i} went in as ${before.type}${formatShape(before.shape)} ` +
          `and came out as ${value.type}${formatShape(value.shape)}`,
      );
    }
    body.output(`${(inner[i] as Value).name}_out`, own(value));
  });
  scanned.forEach((value, i) => {
    body.output(`${goOn.name}_scan${i}`, own(value));
  });
  const count = outer.freshDim();
  const node = outer.emit(
    'Loop',
    [tripCount, undefined, ...carried],
    [...carried, ...scanned.map(({ type, shape }) => ({ type, shape: [count, ...shape] }))],
    { body: { kind: 'graph', value: body } },
  );
  return { carried: node.outputs.slice(0, carried.length), scanned: node.outputs.slice(carried.length) };
}
