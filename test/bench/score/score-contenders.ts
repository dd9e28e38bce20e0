import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Scorer } from '@cflow/detector';
import { headGraph, LOG_LIKELIHOOD, type MapNormalization, readSafetensors } from '@cflow/model';
import { type Graph, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime, Session } from '@cflow/runtime';
import { type Contender, timed } from '../alternate.js';
import type { Peer } from '../peer/peer.js';
import { FIBER_BATCH_SIZE, referenceHeadGraph } from './reference-head.js';
import type { ScoreCase } from './score-cases.js';
import type { ScoreSetup } from './score-setup.js';

/** Somebody who scores, and what came out when the case was run once. */
export interface ScoreContender extends Contender {
  outputs: Readonly<Record<string, Tensor>>;
}

/** Where the graphs of a case run. */
export interface ScorePlace {
  scoreCase: ScoreCase;
  setup: ScoreSetup;
  runtime: Runtime;
  /** For cases with the backbone, which both heads then follow. */
  backbone: Session | undefined;
  /** What the heads take. */
  features: Readonly<Record<string, Tensor>>;
}

/** The reference algorithm as a graph, behind our backbone where there is one. */
export async function referenceContender(place: ScorePlace): Promise<ScoreContender> {
  const { batch, size } = place.scoreCase;
  const head = await openHead(place, referenceHeadGraph({ ...place.setup, batch, imageSize: [size, size] }));
  return contender(`reference algorithm as an ONNX graph (fibers of ${FIBER_BATCH_SIZE})`, place, head);
}

/**
 * What users run: the folded head, normalized by constants. They are chosen so that the map is the one that the
 * reference gives for this batch.
 */
export async function ourContender(
  place: ScorePlace,
  reference: Readonly<Record<string, Tensor>>,
): Promise<ScoreContender> {
  const { layers, parameters } = place.setup;
  const imageSize = [place.scoreCase.size, place.scoreCase.size] as const;
  const maxLogLikelihood = layers.map(({ name }) => largest(reference[LOG_LIKELIHOOD + name]));
  const open = (maxLikelihood: number): Promise<Session> => {
    const normalization: MapNormalization = { kind: 'fixed', maxLogLikelihood, maxLikelihood };
    return openHead(place, headGraph({ layers, parameters, imageSize, normalization }));
  };
  // The map is this constant less the fused likelihood: taken as 0, it shows the largest one.
  const draft = await open(0);
  const { anomaly_map: negative } = await draft.run(place.features);
  await draft.dispose();
  const maxLikelihood = largest(negative, -1);
  return contender('cflow', place, await open(maxLikelihood), true);
}

/** anomalib's own model with the same weights. */
export async function anomalibContender(
  peer: Peer,
  { scoreCase, setup }: ScorePlace,
): Promise<ScoreContender> {
  await loadAnomalib(peer, scoreCase, setup);
  const file = join(dirname(setup.file), 'anomalib.safetensors');
  await peer.run(file);
  const outputs = Object.fromEntries(readSafetensors(await readFile(file)).tensors);
  return { name: peer.name, outputs, run: () => peer.run() };
}

/** Makes anomalib ready to run a case. */
export async function loadAnomalib(peer: Peer, scoreCase: ScoreCase, setup: ScoreSetup): Promise<void> {
  const { timm, layers, size, whole, couplingBlocks } = scoreCase;
  await peer.load('scoring', {
    file: setup.file,
    backbone: timm,
    layers: layers.map(([name]) => name),
    image_size: [size, size],
    whole,
    coupling_blocks: couplingBlocks,
    fiber_batch_size: FIBER_BATCH_SIZE,
  });
}

async function contender(
  name: string,
  place: ScorePlace,
  head: Session,
  imageByImage = false,
): Promise<ScoreContender> {
  const { backbone, features, setup, scoreCase } = place;
  const fetches = ['anomaly_map', 'score'];
  const scorer =
    backbone &&
    new Scorer({
      backbone,
      head,
      inputSize: [scoreCase.size, scoreCase.size],
      // The reference's graph has its batch; ours takes what users get.
      maxBatch: imageByImage ? undefined : scoreCase.batch,
    });
  // The decoders alone take a batch as Scorer gives it to them on this device: one image after the other.
  const alone = imageByImage ? imagesOf(features, scoreCase.batch) : [features];
  const runAlone = async (): Promise<void> => {
    for (const each of alone) await head.run(each, { fetches });
  };
  const work = (): Promise<unknown> => (scorer ? scorer.score(setup.images, { map: true }) : runAlone());
  return { name, outputs: await head.run(features), run: () => timed(work) };
}

/** Features of a batch as those of its images. */
function imagesOf(
  features: Readonly<Record<string, Tensor>>,
  batch: number,
): readonly Readonly<Record<string, Tensor>>[] {
  return Array.from({ length: batch }, (_, image) =>
    Object.fromEntries(
      Object.entries(features).map(([name, { type, dims, data }]) => {
        const size = data.length / batch;
        return [
          name,
          { type, dims: [1, ...dims.slice(1)], data: data.slice(image * size, (image + 1) * size) },
        ];
      }),
    ),
  );
}

function openHead({ runtime, setup: { file, ranges } }: ScorePlace, graph: Graph): Promise<Session> {
  const location = basename(file);
  return runtime.createSession({
    model: writeModel(graph, { external: { location, ranges } }),
    externalData: [{ path: location, data: file }],
  });
}

function largest(tensor: Tensor | undefined, sign = 1): number {
  return ((tensor as Tensor).data as Float32Array).reduce(
    (most, value) => Math.max(most, sign * value),
    Number.NEGATIVE_INFINITY,
  );
}
