import { emitOne, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { formatShape, type Shape, sameShape, staticCount } from '../shape.js';

/** The same elements in another shape. At most one size may be symbolic. */
export function Reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const before = staticCount(x.shape);
  const after = staticCount(shape);
  if (before !== undefined && after !== undefined && before !== after) {
    throw new GraphError(`Reshape: ${formatShape(x.shape)} does not fit ${formatShape(shape)}`);
  }
  if (shape.filter((dim) => typeof dim === 'string').length > 1) {
    throw new GraphError(`Reshape: ${formatShape(shape)} has more than one unknown size`);
  }
  const target = x.graph.int64s(shape.map((dim) => (typeof dim === 'string' ? -1 : dim)));
  return emitOne('Reshape', [x, target], { type: x.type, shape }, {}, (dy) => [
    () => Reshape(dy, x.shape),
    undefined,
  ]);
}
