import {
  imageBatch,
  imagesAsFeatures,
  joinGraphs,
  openBackbone,
  openHead,
  type VerifiedBundle,
  verifyBundle,
} from '@cflow/detector';
import { openOneGraph } from '@cflow/detector/one-graph';
import { type MakeBundleOptions, makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import type { Tensor } from '@cflow/onnx';
import type { DeviceCandidate, Session } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { largestDifference } from '../agreement.js';
import { type Contender, timed } from '../alternate.js';
import type { BenchLine } from '../bench-line.js';
import { compare, type Surroundings } from '../compare.js';

const BATCHES = [1, 4];
const EFFORT = { seconds: 40, minRounds: 5, maxRounds: 60 };
const QUICK = { seconds: 1, minRounds: 2, maxRounds: 2 };
/** What scores and maps may differ by, as a share of the map's range: half a level of sixteen bits is less. */
const ALLOWED = 1e-4;

/** Milliseconds per image, with its map, of a detector as one graph against the same as two, on each device that there is. */
export async function* benchGraphs(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { quick, only, threads } = surroundings;
  const backbone = quick ? 'tiny' : 'mobilenet_v2';
  const bundle = await verifyBundle(memoryBundle(await makeBundle({ backbone })));
  for (const candidate of await nodeDevices({ threads })) {
    const reason = await candidate.unavailable?.();
    for (const batch of quick ? [1] : BATCHES) {
      const name = `graphs/${candidate.device}/${backbone}/b${batch}`;
      if (!name.includes(only)) continue;
      if (reason === undefined)
        yield* await benchCase({ name, batch, backbone }, bundle, candidate, surroundings);
      else surroundings.log(`${name}: not measured, ${reason}`);
    }
  }
}

const OUTPUTS = new Map([['score', 'largest'] as const, ['anomaly_map', 'largest'] as const]);

function rangeOf({ anomaly_map: map }: Readonly<Record<string, Tensor>>): number {
  const { data } = map as Tensor & { data: Float32Array };
  const of = (pick: (a: number, b: number) => number): number => data.reduce((a, b) => pick(a, b));
  return Math.max(1, of(Math.max) - of(Math.min));
}

interface GraphsCase extends Pick<MakeBundleOptions, 'backbone'> {
  name: string;
  batch: number;
}

async function benchCase(
  { name, batch }: GraphsCase,
  bundle: VerifiedBundle,
  candidate: DeviceCandidate,
  { quick, log }: Surroundings,
): Promise<BenchLine[]> {
  const runtime = await candidate.createRuntime();
  try {
    const image = imageBatch(testImages(batch), bundle.manifest.configuration.inputSize);
    const whole = await openOneGraph(runtime, bundle);
    const one = joinGraphs(imagesAsFeatures(whole, bundle), whole);
    const two = joinGraphs(await openBackbone(runtime, bundle), await openHead(runtime, bundle));
    const score = (session: Session): Promise<Record<string, Tensor>> =>
      session.run({ image }, { fetches: ['score', 'anomaly_map'] });
    const expected = await score(two);
    const difference = largestDifference(await score(one), expected, OUTPUTS) / rangeOf(expected);
    if (!(difference <= ALLOWED)) throw new Error(`${name}: one graph and two differ by ${difference}`);
    const contender = (called: string, session: Session): Contender => ({
      name: called,
      run: () => timed(() => score(session)),
    });
    return await compare({
      name,
      unit: 'ms/image',
      per: batch,
      ours: contender('one graph', one),
      others: [contender('two graphs', two)],
      effort: quick ? QUICK : EFFORT,
      log,
    });
  } finally {
    await runtime.dispose();
  }
}
