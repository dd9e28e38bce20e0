import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FeatureLayer, readSafetensors, writeSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { TrainingError } from '@cflow/spec';
import { z } from 'zod';
import type { CellTask } from '../../../packages/cli/src/commands/benchmark/cell.js';
import type { CategoryFeatures } from './category-features.js';
import type { PeerScores, ScoredImage } from './peer-result.js';

const SCRIPT = fileURLToPath(new URL('anomalib_peers.py', import.meta.url));

/** What is asked of anomalib: a model and its settings. */
export type AnomalibModel =
  | { model: 'patchcore'; coreset: number; neighbors: number }
  | { model: 'cflow'; epochs: number; fibers: number; lr: number };

const answerSchema = z.object({
  trainingSeconds: z.number().nonnegative(),
  scoringSeconds: z.number().nonnegative(),
  bytes: z.number().int().positive(),
  versions: z.record(z.string(), z.string()),
});

/** Has anomalib learn from the same features, in a Python process that lives for this cell alone. */
export async function anomalibScores(
  python: string,
  { cell, threads, signal }: CellTask,
  data: CategoryFeatures,
  layers: readonly FeatureLayer[],
  model: AnomalibModel,
): Promise<PeerScores> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-quality-'));
  try {
    const { backbone, train, calibration, test } = data;
    const places = { train, calibration, test: test.map(({ place }) => place) };
    const all = [...new Set([...train, ...calibration, ...places.test])];
    // Places of the file, in which no image is that nobody needs.
    const inFile = new Map(all.map((place, index) => [place, index]));
    const request = {
      ...model,
      seed: cell.seed,
      threads,
      features: join(folder, 'features.safetensors'),
      output: join(folder, 'scores.safetensors'),
      inputSize: backbone.inputSize,
      layers: layers.map(({ name }) => name),
      sizes: Object.fromEntries(layers.map(({ name, height, width }) => [name, [height, width]])),
      ...Object.fromEntries(
        Object.entries(places).map(([name, wanted]) => [name, wanted.map((place) => inFile.get(place))]),
      ),
    };
    await writeFile(request.features, writeSafetensors(await featureTensors(data, layers, all)));
    const file = join(folder, 'request.json');
    await writeFile(file, JSON.stringify(request));
    const answer = answerSchema.parse(JSON.parse(await runPython(python, [SCRIPT, file], threads, signal)));
    const { tensors } = readSafetensors(await readFile(request.output));
    const scored = scoredImages(tensors, backbone.inputSize);
    const { versions, ...figures } = answer;
    return {
      ...figures,
      calibration: scored.slice(0, calibration.length),
      test: scored.slice(calibration.length),
      configuration: { ...model, ...versions, layers: request.layers },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function featureTensors(
  { backbone, features }: CategoryFeatures,
  layers: readonly FeatureLayer[],
  places: readonly number[],
): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const { name, channels, height, width } of layers) {
    const index = backbone.layers.findIndex((layer) => layer.name === name);
    const data = await features.read(index, places);
    tensors.set(name, { type: 'float32', dims: [places.length, height * width, channels], data });
  }
  return tensors;
}

function scoredImages(
  tensors: ReadonlyMap<string, Tensor>,
  [height, width]: readonly [number, number],
): ScoredImage[] {
  const scores = (tensors.get('scores') as Tensor).data as Float32Array;
  const maps = (tensors.get('maps') as Tensor).data as Float32Array;
  const pixels = height * width;
  return Array.from(scores, (score, i) => ({
    score,
    map: { width, height, data: maps.subarray(i * pixels, (i + 1) * pixels) },
  }));
}

/** @throws TrainingError when Python does not end well, with what it said last */
function runPython(
  python: string,
  args: readonly string[],
  threads: number,
  signal: AbortSignal,
): Promise<string> {
  const count = String(threads);
  const child = spawn(python, args, {
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      // Waiting threads sleep, as those of our sessions do.
      OMP_WAIT_POLICY: 'passive',
      ...process.env,
      OMP_NUM_THREADS: count,
      MKL_NUM_THREADS: count,
      HF_HUB_OFFLINE: '1',
    },
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new TrainingError(`anomalib ended with ${code ?? 'a signal'}: ${errors.trim()}`));
    });
  });
}
