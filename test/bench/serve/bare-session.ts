import { imageBatch, verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { createNodeRuntime } from '@cflow/runtime/node';
import { BUNDLE_FILES } from '@cflow/spec';
import type { Contender } from '../alternate.js';

export interface BareSession {
  /** The batch size of the highest throughput. */
  batch: number;
  /** Runs for so long at that batch size; gives milliseconds per image. */
  contender: Contender;
  dispose(): Promise<void>;
}

const BATCHES = [1, 2, 4, 8, 16];

/**
 * Backbone and head on pixels that are decoded and resampled already: nothing of a service in it. The batch size is
 * the one that gives most images per second on this machine.
 */
export async function bareSession(
  folder: string,
  image: Uint8Array,
  threads: number,
  seconds: number,
): Promise<BareSession> {
  const { files, manifest } = await verifyBundle(folderBundle(folder));
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  const open = (model: string, weights: string) =>
    runtime.createSession({
      model: files.get(model) as Uint8Array,
      externalData: [{ path: weights, data: files.get(weights) as Uint8Array }],
    });
  const backbone = await open(BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights);
  const head = await open(BUNDLE_FILES.headModel, BUNDLE_FILES.decoders);
  const pixels = await decodeImage(image);
  const perImage = async (batch: number, milliseconds: number): Promise<number> => {
    const input = imageBatch(
      Array.from({ length: batch }, () => pixels),
      manifest.configuration.inputSize,
    );
    const started = performance.now();
    let images = 0;
    while (performance.now() - started < milliseconds) {
      await head.run(await backbone.run({ image: input }), { fetches: ['score'], consumeFeeds: true });
      images += batch;
    }
    return (performance.now() - started) / images;
  };
  const times = new Map<number, number>();
  for (const batch of BATCHES) {
    await perImage(batch, 100);
    times.set(batch, await perImage(batch, (700 * seconds) / 5));
  }
  const [batch] = [...times].reduce((best, each) => (each[1] < best[1] ? each : best));
  return {
    batch,
    contender: { name: `bare session, batches of ${batch}`, run: () => perImage(batch, 1000 * seconds) },
    dispose: () => runtime.dispose(),
  };
}
