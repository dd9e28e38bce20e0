import type { FeatureLayer } from '@cflow/model';
import { ConfigurationError } from '@cflow/spec';
import type { CellTask, Variant } from '../../../packages/cli/src/commands/benchmark/cell.js';
import type { NamedFlags } from '../../../packages/cli/src/commands/benchmark/own-variants.js';
import { detectorConfiguration } from '../../../packages/cli/src/options/detector-configuration.js';
import { namedBackbone } from '../../../packages/training/src/backbone/named-backbone.js';
import type { TrainingBackbone } from '../../../packages/training/src/backbone/training-backbone.js';
import { planTraining } from '../../../packages/training/src/plan/plan.js';
import { type AnomalibModel, anomalibScores } from './anomalib-peers.js';
import { type CategoryFeatures, FeaturesInTurn } from './category-features.js';
import { MOST_ROWS, nearestNeighbors } from './neighbors.js';
import { type PeerScores, peerResult } from './peer-result.js';

export const PEERS = ['neighbors', 'patchcore', 'cflow'] as const;
export type PeerName = (typeof PEERS)[number];

export interface PeerOptions {
  names: readonly PeerName[];
  /** The detector whose backbone, taps and input they get. */
  beside: NamedFlags;
  /** Taps of `neighbors` and `patchcore`. Default: the two finest of the detector's, as PatchCore takes them. */
  layers: readonly string[] | undefined;
  /** Passes of anomalib's Cflow over the images. */
  epochs: number;
  /** A Python with anomalib; without one there is no `patchcore` and no `cflow`. */
  python: string | undefined;
}

/** As published for its smallest memory (1 %), with anomalib's number of neighbors. */
const PATCHCORE: AnomalibModel = { model: 'patchcore', coreset: 0.01, neighbors: 9 };
/**
 * Fibers of 1024 at a rate of 1e-3 instead of 64 at 1e-4: on photographs this gives anomalib's own code the better figures
 * and takes a ninth of the time, so that it is not held back by how long one waits for it.
 */
const CFLOW = { model: 'cflow', fibers: 1024, lr: 1e-3 } as const;

/** Share of the good images that thresholds are found on, where the detector beside holds none out. */
const CALIBRATION_SHARE = 0.2;

/**
 * Other detectors on the features that `beside` sees: the same backbone, weights, input and images.
 * @throws ConfigurationError for layers that the backbone's taps are not, or with anomalib's models and no Python
 */
export async function peerVariants(options: PeerOptions): Promise<Variant[]> {
  const { names, beside, python, epochs } = options;
  const { preset, weights } = beside;
  const { configuration, plan } = planTraining(preset, {
    ...detectorConfiguration(beside),
    backbone: beside.backbone,
  });
  const backbone = await namedBackbone(configuration, weights, 'float32');
  const features = new FeaturesInTurn(backbone);
  const joined = joinedLayers(backbone, options.layers);
  const peerOf = (name: PeerName): Peer => {
    if (name === 'neighbors') {
      return {
        name,
        layers: joined,
        settings: { rows: MOST_ROWS, standardized: true },
        scores: (task, data) => nearestNeighbors(task, data, joined),
      };
    }
    if (!python) throw new ConfigurationError(`${name} is anomalib's, and needs a Python that has it`);
    const model: AnomalibModel = name === 'patchcore' ? PATCHCORE : { ...CFLOW, epochs };
    const layers = name === 'patchcore' ? joined : backbone.layers;
    return {
      name,
      layers,
      settings: { ...model },
      scores: (task, data) => anomalibScores(python, task, data, layers, model),
    };
  };
  return names.map((name) => peerVariant(peerOf(name), backbone, features, plan.validationFraction));
}

interface Peer {
  name: PeerName;
  layers: readonly FeatureLayer[];
  settings: Record<string, unknown>;
  scores: (task: CellTask, data: CategoryFeatures) => Promise<PeerScores>;
}

function peerVariant(
  { name, layers, settings, scores }: Peer,
  backbone: TrainingBackbone,
  features: FeaturesInTurn,
  heldOutFraction: number,
): Variant {
  return {
    name: `${name}, ${backbone.name}`,
    kind: 'peer',
    backbone: backbone.name,
    preset: name,
    identity: (seed) => ({
      peer: name,
      ...settings,
      backbone: backbone.source,
      layers: layers.map((layer) => layer.name),
      inputSize: backbone.inputSize,
      heldOutFraction,
      ...(heldOutFraction === 0 && { calibrationShare: CALIBRATION_SHARE }),
      seed,
    }),
    measure: async (task) => {
      const data = await features.of(task, heldOutFraction);
      const found = await scores(task, data);
      if (data.heldOut) return peerResult(task.cell, data, found);
      // A detector that learns from every image calibrates by leaving some out in turn. So does this: what it says of
      // test images rests on all of them, its thresholds on some that it learns nothing from in a second go.
      const apart = await features.of(task, CALIBRATION_SHARE);
      if (!apart.heldOut) return peerResult(task.cell, data, found);
      const again = await scores(task, { ...apart, test: apart.test.slice(0, 1) });
      return peerResult(
        task.cell,
        { ...data, heldOut: true },
        {
          ...found,
          calibration: again.calibration,
          trainingSeconds: found.trainingSeconds + again.trainingSeconds,
        },
      );
    },
  };
}

function joinedLayers(
  { layers }: TrainingBackbone,
  wanted: readonly string[] | undefined,
): readonly FeatureLayer[] {
  if (!wanted) return layers.slice(0, 2);
  return wanted.map((name) => {
    const found = layers.find((layer) => layer.name === name);
    if (found) return found;
    throw new ConfigurationError(
      `--peer-layers names "${name}", which the detector does not tap; it taps ${layers.map((layer) => layer.name).join(', ')}`,
    );
  });
}
