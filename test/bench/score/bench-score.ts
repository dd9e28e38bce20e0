import { imageBatch } from '@cflow/detector';
import { LOG_LIKELIHOOD } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { expectAgreement } from '../agreement.js';
import type { BenchLine } from '../bench-line.js';
import { compare, type Surroundings } from '../compare.js';
import { benchMemoryScore } from './bench-memory-score.js';
import { productContender } from './product-contender.js';
import { QUICK_SCORE_CASE, SCORE_CASES, type ScoreCase } from './score-cases.js';
import { anomalibContender, ourContender, referenceContender, type ScorePlace } from './score-contenders.js';
import { scoreSetup } from './score-setup.js';

/** Milliseconds per image, of ours against the reference algorithm and against anomalib. */
export async function* benchScore(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const cases = surroundings.quick ? [QUICK_SCORE_CASE] : SCORE_CASES;
  for (const scoreCase of cases.filter(({ name }) => name.includes(surroundings.only))) {
    const bench = scoreCase.method === 'memory' ? benchMemoryScore : benchCase;
    yield* await bench(scoreCase, surroundings);
  }
}

async function benchCase(scoreCase: ScoreCase, surroundings: Surroundings): Promise<BenchLine[]> {
  const { folder, threads, peer, log } = surroundings;
  const { name, batch, effort } = scoreCase;
  const setup = await scoreSetup(scoreCase, folder);
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const place = await openPlace(scoreCase, setup, runtime);
    const reference = await referenceContender(place);
    const ours = await ourContender(place, reference.outputs);
    const others = [reference, ...(peer ? [await anomalibContender(peer, place)] : [])];
    const names = [...setup.layers.map((layer) => LOG_LIKELIHOOD + layer.name), 'anomaly_map', 'score'];
    const outputs = new Map(names.map((output) => [output, 'largest' as const]));
    for (const other of others) {
      const largest = expectAgreement(
        `${name}: cflow and ${other.name}`,
        ours.outputs,
        other.outputs,
        outputs,
      );
      log(`${name}: cflow agrees to ${largest.toExponential(0)} with ${other.name}`);
    }
    const peak = await productContender(place);
    return await compare({
      name,
      unit: 'ms/image',
      per: batch,
      ours,
      others: [...others, peak],
      effort,
      log,
    });
  } finally {
    await runtime.dispose();
  }
}

/** The case on a runtime: its backbone, where it has one, and the features that heads take. */
export async function openPlace(
  scoreCase: ScoreCase,
  setup: ScorePlace['setup'],
  runtime: ScorePlace['runtime'],
): Promise<ScorePlace> {
  if (!setup.backbone) return { scoreCase, setup, runtime, backbone: undefined, features: setup.features };
  const { model, weights } = setup.backbone;
  const backbone = await runtime.createSession({
    model,
    externalData: [{ path: 'backbone.safetensors', data: weights }],
  });
  const image = imageBatch(setup.images, [scoreCase.size, scoreCase.size]);
  return { scoreCase, setup, runtime, backbone, features: await backbone.run({ image }) };
}
