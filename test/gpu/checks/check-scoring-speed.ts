import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  imageBatch,
  imagesAsFeatures,
  joinGraphs,
  openBackbone,
  openHead,
  runsAsOneGraph,
  type VerifiedBundle,
  verifyBundle,
} from '@cflow/detector';
import { folderBundle, writeFolderBundle } from '@cflow/detector/node';
import { openOneGraph } from '@cflow/detector/one-graph';
import { makeBundle, testImages } from '@cflow/detector/testing';
import type { Tensor } from '@cflow/onnx';
import type { Runtime, Session } from '@cflow/runtime';
import { createNodeRuntime, precisionMode } from '@cflow/runtime/node';
import { BUNDLE_FILES } from '@cflow/spec';
import { alternate, type Contender, median, timed } from '../../bench/alternate.js';
import type { Peer } from '../../bench/peer/peer.js';
import { SCORE_CASES, type ScoreCase } from '../../bench/score/score-cases.js';
import { loadAnomalib } from '../../bench/score/score-contenders.js';
import { scoreSetup } from '../../bench/score/score-setup.js';
import type { CheckJob } from './checked-device.js';
import { Failed, type Outcome } from './outcome.js';
import { startPeer } from './start-peer.js';

type Network = 'tiny' | 'mobilenet_v2' | 'wide_resnet50_2';
const NETWORKS: readonly Network[] = ['wide_resnet50_2', 'mobilenet_v2'];
const BATCHES: readonly number[] = [1, 8, 32];
/** Of a batch and a side: what is over is not begun again. */
const EFFORT = { seconds: 8, minRounds: 3, maxRounds: 100 };
const SHORT_EFFORT = { seconds: 0, minRounds: 2, maxRounds: 2 };
/** What scores may differ by from the CPU's, as a share of their spread on good images; rounded, up to what probes allow. */
const ALLOWED = { exact: 1e-3, throughput: 0.4 } as const;

/** Images per second of a detector as the product runs it there, by batch, beside the CPU and anomalib on the same card. */
export async function checkScoringSpeed(job: CheckJob): Promise<Outcome> {
  const short = job.quick || job.software;
  const mode = precisionMode();
  const { peer, missing } = await startPeer(job);
  const device = createNodeRuntime({ device: job.device });
  const cpu = createNodeRuntime({ device: 'cpu' });
  const figures: Outcome['figures'] = { unit: 'images/s', mode, peer: peer?.name ?? missing };
  const wrong: string[] = [];
  try {
    for (const network of short ? (['tiny'] as const) : NETWORKS) {
      const bundle = await verifyBundle(folderBundle(await bundleOf(network, job.folder)));
      const [own, onCpu] = [await openOn(device, bundle), await openOn(cpu, bundle)];
      const off = await scoreDifference(own, onCpu, bundle);
      figures[`${network}, score's difference to the CPU's`] = off;
      if (!(off <= ALLOWED[mode])) {
        wrong.push(`${network} by ${off.toExponential(1)}`);
        continue;
      }
      for (const batch of short ? [1] : BATCHES) {
        const sides: Contender[] = [contender(own, bundle, batch)];
        if (batch === 1) sides.push(contender(onCpu, bundle, batch));
        const others = peer && network !== 'tiny' ? [await peerContender(peer, network, batch, job)] : [];
        const times = await alternate([...sides, ...others], short ? SHORT_EFFORT : EFFORT);
        const called = `${network}, batch ${batch}${mode === 'exact' ? '' : `, ${mode}`}`;
        const names = [
          job.device,
          ...(batch === 1 ? ['cpu'] : []),
          ...(others.length > 0 ? ['anomalib'] : []),
        ];
        names.forEach((name, i) => {
          figures[`${called}, ${name}`] = perSecond(batch, times[i] as number[]);
        });
      }
      await own.dispose();
      await onCpu.dispose();
    }
  } finally {
    peer?.close();
    await device.dispose();
    await cpu.dispose();
  }
  if (wrong.length > 0) {
    throw new Failed(
      `scores differ from the CPU's by more than ${ALLOWED[mode]} of the spread of good images: ${wrong.join(', ')}`,
      figures,
    );
  }
  const against = peer ? `compared with ${peer.name}` : `not compared with PyTorch: ${missing}`;
  const little = short ? '; the cases are too small for their times to tell anything' : '';
  return {
    reason: `in the mode ${mode}, each side in turns, after the scores agreed; ${against}${little}`,
    figures,
  };
}

/** Made once for all that check speed: random weights take as long to multiply as trained ones. */
async function bundleOf(network: Network, folder: string): Promise<string> {
  const path = join(folder, `speed-${network}`);
  const there = await access(join(path, BUNDLE_FILES.manifest)).then(
    () => true,
    () => false,
  );
  if (!there) await writeFolderBundle(path, await makeBundle({ backbone: network }));
  return path;
}

/** Both graphs, or one, as the product opens them. */
async function openOn(runtime: Runtime, bundle: VerifiedBundle): Promise<Session> {
  const strict = runtime.device === 'cpu' ? {} : { strictDevice: true };
  if (runsAsOneGraph(runtime.device)) {
    const whole = await openOneGraph(runtime, bundle, strict);
    return { ...joinGraphs(imagesAsFeatures(whole, bundle), whole), dispose: () => whole.dispose() };
  }
  const [backbone, head] = [
    await openBackbone(runtime, bundle, strict),
    await openHead(runtime, bundle, strict),
  ];
  const dispose = async (): Promise<void> => {
    await backbone.dispose();
    await head.dispose();
  };
  return { ...joinGraphs(backbone, head), dispose };
}

const feedsOf = ({ manifest }: VerifiedBundle, batch: number): { image: Tensor } => ({
  image: imageBatch(testImages(batch), manifest.configuration.inputSize),
});

/** The largest difference of the scores of a few images, as a share of their spread on good images. */
async function scoreDifference(own: Session, other: Session, bundle: VerifiedBundle): Promise<number> {
  const feeds = feedsOf(bundle, 4);
  const [a, b] = [await own.run(feeds), await other.run(feeds)].map(({ score }) => (score as Tensor).data);
  const { scoreSpread } = bundle.manifest.calibration;
  return (
    Math.max(...Array.from(a as Float32Array, (value, i) => Math.abs(value - Number(b?.[i])))) / scoreSpread
  );
}

function contender(session: Session, bundle: VerifiedBundle, batch: number): Contender {
  const feeds = feedsOf(bundle, batch);
  return {
    name: session.device,
    run: () => timed(() => session.run(feeds, { fetches: ['score', 'anomaly_map'] })),
  };
}

/** anomalib with the same network, whole, from pixels on the card to scores. */
async function peerContender(
  peer: Peer,
  network: Network,
  batch: number,
  { folder }: CheckJob,
): Promise<Contender> {
  const like = SCORE_CASES.find(({ whole, backbone }) => whole && backbone === network) as ScoreCase;
  const each = { ...like, name: `score/image/${network}/batch-${batch}`, batch };
  await loadAnomalib(peer, each, await scoreSetup(each, folder));
  return { name: peer.name, run: () => peer.run() };
}

const perSecond = (images: number, milliseconds: readonly number[]): number =>
  Number(((1000 * images) / median(milliseconds)).toPrecision(4));
