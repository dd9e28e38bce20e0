import { regionFill } from '@cflow/images';
import { Graph, op, writeModel } from '@cflow/onnx';
import type { PictureRegion } from '@cflow/spec';

/** What the model of a detector with a region takes: the whole picture, of which it fills what is outside. */
export const PICTURE = 'picture';

/** A model that makes of a picture what the backbone is given, uint8 [batch, 3, height, width]. */
export function regionGraph(region: PictureRegion): Uint8Array {
  const { height, width } = region;
  const area = height * width;
  const graph = new Graph('region');
  const picture = graph.input(PICTURE, 'uint8', ['batch', 3, height, width]);
  const fill = regionFill(region);
  const places = graph.constant({ type: 'int32', dims: [area], data: fill }, 'places');
  const filled = op.Gather(op.Reshape(picture, ['batch', 3, area]), places, 2);
  graph.output('image', op.Reshape(filled, ['batch', 3, height, width]));
  return writeModel(graph);
}
