import { readSafetensorsHeader, type SafetensorsType } from '@cflow/model/safetensors';
import { type Feed, GraphError, inspectGraphInSteps, type WeightTable } from '@cflow/onnx/inspect';
import { inTurns } from '@cflow/runtime';
import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  ConfigurationError,
  LOG_LIKELIHOOD,
  WeightsError,
} from '@cflow/spec';
import { DEFAULT_MAX_BATCH } from './batch-sizes.js';
import { checkTiles, seenLayers, seenSize } from './tiled-session.js';

export interface InspectBundleOptions {
  /** How many images may be run at once. Default: the sizes that hosts are warmed for. */
  batches?: readonly number[] | undefined;
  /** Bytes that images may take on their way through a graph, beside its weights. */
  memoryBytes?: number | undefined;
}

/** What is inspected of a bundle: weights may be left to a device, but their header has to be here. */
export interface InspectedFiles {
  manifest: Pick<BundleManifest, 'configuration' | 'layers'>;
  /** The bytes of both graphs. */
  files: ReadonlyMap<string, Uint8Array>;
  /** The beginning of each file of weights, and its size in bytes. */
  weights: ReadonlyMap<string, { start: Uint8Array; bytes: number }>;
}

/** Bytes of a graph's file. Weights lie outside it; the largest of ours take one megabyte. */
const MAX_GRAPH_BYTES = 2 ** 24;

/** Bytes that the header of a file of weights may take; the largest of ours take 60 kB. */
export const MAX_HEADER_BYTES: number = 2 ** 20;

/** Batches that hosts run, where they do not say. */
const USUAL_BATCHES = Array.from({ length: DEFAULT_MAX_BATCH }, (_, i) => i + 1);

/**
 * Inspects both graphs of a bundle, and the files of weights that they refer to, before an engine sees any of it: see
 * `inspectGraph`. Each may take its weights from its own file alone, takes what the one before gives, and the shapes are
 * those of the manifest. A graph of thousands of nodes takes a while: whatever else waits for this thread has turns meanwhile.
 *
 * @throws BundleError that names the file, the node and what is wrong
 */
export async function inspectBundle(
  bundle: InspectedFiles,
  name: string,
  options: InspectBundleOptions = {},
): Promise<void> {
  await inspectBackbone(bundle, name, options);
  const { configuration, layers } = bundle.manifest;
  const likelihoods = configuration.method === 'flow' ? layers : [];
  const outputs = likelihoods.map(({ name: layer, height, width }): [string, Feed] => [
    LOG_LIKELIHOOD + layer,
    { type: 'float32', dims: ['batch', 1, height, width] },
  ]);
  outputs.push(['anomaly_map', { type: 'float32', dims: ['batch', ...configuration.inputSize] }]);
  outputs.push(['score', { type: 'float32', dims: ['batch'] }]);
  const [graph, weights] = [BUNDLE_FILES.headModel, BUNDLE_FILES.decoders];
  const expected = { graph, weights, inputs: mapsOf(layers), outputs: new Map(outputs) };
  await inspect(bundle, name, expected, options);
}

/** As `inspectBundle`, for what trains on with a backbone alone. */
export async function inspectBackbone(
  bundle: InspectedFiles,
  name: string,
  options: InspectBundleOptions = {},
): Promise<void> {
  const { configuration, layers } = bundle.manifest;
  await refusing(BUNDLE_FILES.manifest, name, () => checkTiles(configuration, layers));
  const image: Feed = { type: 'uint8', dims: ['batch', 3, ...seenSize(configuration)] };
  const [graph, weights] = [BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights];
  const inputs = new Map([['image', image]]);
  const outputs = mapsOf(seenLayers(configuration, layers));
  await inspect(bundle, name, { graph, weights, inputs, outputs }, options);
}

function mapsOf(layers: BundleManifest['layers']): Map<string, Feed> {
  return new Map(
    layers.map(({ name, channels, height, width }) => [
      name,
      { type: 'float32', dims: ['batch', channels, height, width] },
    ]),
  );
}

interface Expected {
  graph: string;
  weights: string;
  inputs: ReadonlyMap<string, Feed>;
  outputs: ReadonlyMap<string, Feed>;
}

async function inspect(
  { files, weights: headers }: InspectedFiles,
  bundle: string,
  { graph, weights, inputs, outputs }: Expected,
  { batches = USUAL_BATCHES, memoryBytes = Number.POSITIVE_INFINITY }: InspectBundleOptions,
): Promise<void> {
  const table = await refusing(weights, bundle, () => weightTable(headers.get(weights)));
  const { liveBytes } = await refusing(graph, bundle, () => {
    const bytes = files.get(graph) as Uint8Array;
    if (bytes.length > MAX_GRAPH_BYTES) {
      throw new GraphError(
        `it has ${bytes.length} bytes, and a graph whose weights lie outside has ${MAX_GRAPH_BYTES} at most`,
      );
    }
    const given = { inputs, outputs, weights: new Map([[weights, table]]), batches };
    return inTurns(inspectGraphInSteps(bytes, given));
  });
  if (liveBytes <= memoryBytes) return;
  throw new BundleError(
    `bundle "${bundle}" needs ${liveBytes} bytes for ${Math.max(...batches)} images at once, and ${memoryBytes} are allowed ` +
      'here: raise the memory limit, or lower the batch sizes',
    { details: { file: graph, needed: liveBytes, allowed: memoryBytes } },
  );
}

/** Names of safetensors' types as graphs have them. */
const TYPES: Readonly<Partial<Record<SafetensorsType, Feed['type']>>> = {
  F64: 'float64',
  I64: 'int64',
  F32: 'float32',
  I32: 'int32',
  F16: 'float16',
  U8: 'uint8',
  I8: 'int8',
  BOOL: 'bool',
};

function weightTable(file: { start: Uint8Array; bytes: number } | undefined): WeightTable {
  const table = new Map<number, { type: Feed['type']; bytes: number }>();
  if (!file) return table;
  const header = readSafetensorsHeader(file.start.subarray(0, MAX_HEADER_BYTES), file.bytes);
  for (const { dtype, offset, length } of header.tensors.values()) {
    const type = TYPES[dtype];
    if (type !== undefined && length > 0) table.set(offset, { type, bytes: length });
  }
  return table;
}

async function refusing<T>(file: string, bundle: string, look: () => T | Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (cause) {
    const known = cause instanceof GraphError || WeightsError.isInstance(cause);
    if (!(known || ConfigurationError.isInstance(cause))) throw cause;
    throw new BundleError(`${file} of bundle "${bundle}" is refused: ${cause.message}`, {
      cause,
      details: { file },
    });
  }
}
