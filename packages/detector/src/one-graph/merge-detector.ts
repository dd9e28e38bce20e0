import { mergeModels } from '@cflow/onnx';
import type { BundleManifest } from '@cflow/spec';
import { detectorTiling } from '../tiled-session.js';
import { regionGraph } from './region-graph.js';
import { TILES, tileGraphs, WHOLE } from './tile-graphs.js';

export interface MergeDetectorOptions {
  /** Outputs of the head that the result has, in this order. Default: all. */
  outputs?: readonly string[];
  /** Whether it takes the whole picture and fills what lies outside the region that counts. Default false: the caller does. */
  fillsRegion?: boolean;
  /** Free text beside the graph, as key and value. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * A detector as one model: images, uint8 [batch, 3, height, width], in; what the head gives out. With tiles it cuts pictures
 * itself, and all tiles of all pictures are the batch of the network.
 *
 * @param models Of backbone and head; weights that lie in other files stay there
 */
export function mergeDetector(
  { configuration, layers, region }: Pick<BundleManifest, 'configuration' | 'layers' | 'region'>,
  { backbone, head }: { backbone: Uint8Array; head: Uint8Array },
  { outputs, fillsRegion = false, metadata }: MergeDetectorOptions = {},
): Uint8Array {
  const tiling = detectorTiling(configuration, layers);
  const tiled = tiling && tileGraphs(tiling, layers);
  const cut = tiled && mergeModels(tiled.cut, backbone, { prefix: 'backbone/', feedOf: () => TILES });
  const network = tiled && cut ? mergeModels(cut, tiled.stitch, { prefix: 'stitch/' }) : backbone;
  const seen =
    fillsRegion && region ? mergeModels(regionGraph(region), network, { prefix: 'network/' }) : network;
  return mergeModels(seen, head, {
    ...(tiled && { feedOf: (layer: string) => WHOLE + layer }),
    ...(outputs && { outputs }),
    ...(metadata && { metadata }),
    name: 'cflow',
  });
}
