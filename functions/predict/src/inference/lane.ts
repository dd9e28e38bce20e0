import {
  checkGraphs,
  openBackbone,
  openHead,
  probeGraphs,
  readProbe,
  type VerifiedBundle,
} from '@cflow/detector';
import type { Tensor } from '@cflow/onnx';
import type { Runtime, Session, SessionOptions } from '@cflow/runtime';
import { DeviceError } from '@cflow/spec';
import { gatherRows, type RawOutput, type Row, rowsOfHeads, stackRows } from './batch.js';

interface SharedBackbone {
  session: Session;
  inputSize: readonly [number, number];
  /** Detectors that use it. */
  users: number;
}

interface OpenHead {
  session: Session;
  /** Hash of its backbone. */
  backbone: string;
}

/** Images are decoded and answers written on the same cores: what waits must not keep them. */
const ON_SHARED_CORES: SessionOptions = { spinning: 'none' };

/** One place on a device, with the sessions of all detectors in it. What is run here is run one after the other. */
export class Lane {
  readonly runtime: Runtime;
  readonly #sizeFor: (count: number) => number;
  readonly #headOptions: SessionOptions;
  readonly #backbones: Map<string, SharedBackbone> = new Map();
  readonly #heads: Map<string, OpenHead> = new Map();

  /** @param sizeFor the batch size that so many images are padded to */
  constructor(runtime: Runtime, sizeFor: (count: number) => number, headOptions: SessionOptions = {}) {
    this.runtime = runtime;
    this.#sizeFor = sizeFor;
    this.#headOptions = headOptions;
  }

  /**
   * Opens a detector: the head, and the backbone unless it is here already; runs the golden probe and every size of
   * `warmSizes` once. Calls must not overlap.
   */
  async open(key: string, bundle: VerifiedBundle, warmSizes: readonly number[]): Promise<void> {
    const {
      backbone: { sha256 },
      configuration,
    } = bundle.manifest;
    const shared = this.#backbones.get(sha256);
    const opened = await Promise.allSettled([
      shared?.session ?? openBackbone(this.runtime, bundle, ON_SHARED_CORES),
      openHead(this.runtime, bundle, { ...ON_SHARED_CORES, ...this.#headOptions }),
    ]);
    try {
      const [backbone, head] = opened.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      }) as [Session, Session];
      checkGraphs(bundle, backbone, head);
      await probeGraphs(backbone, head, readProbe(bundle));
      const { inputSize } = configuration;
      for (const size of warmSizes) await warm(backbone, head, size, inputSize);
      this.#backbones.set(sha256, { session: backbone, inputSize, users: (shared?.users ?? 0) + 1 });
      this.#heads.set(key, { session: head, backbone: sha256 });
    } catch (error) {
      const own = shared ? opened.slice(1) : opened;
      await Promise.all(
        own.map((result) => (result.status === 'fulfilled' ? result.value.dispose() : undefined)),
      );
      throw error;
    }
  }

  /** Frees a detector's head, and its backbone when nobody else uses it. */
  async close(key: string): Promise<void> {
    const head = this.#heads.get(key);
    if (!head) return;
    this.#heads.delete(key);
    const shared = this.#backbones.get(head.backbone) as SharedBackbone;
    shared.users--;
    if (shared.users === 0) this.#backbones.delete(head.backbone);
    await Promise.all([head.session.dispose(), ...(shared.users === 0 ? [shared.session.dispose()] : [])]);
  }

  /**
   * Scores rows of one backbone: for each row one output per head, or the error that this row alone met.
   *
   * @param afterBackbone called when the next batch may come: it then waits on the device, not for it
   */
  async run(rows: readonly Row[], afterBackbone: () => void): Promise<(RawOutput[] | DeviceError)[]> {
    const { session, inputSize } = this.#backbones.get((rows[0] as Row).backbone) as SharedBackbone;
    const size = this.#sizeFor(rows.length);
    const features = await session.run({ image: stackRows(rows, size, inputSize) }, { consumeFeeds: true });
    const heads = [...rowsOfHeads(rows)];
    // Memory can be given away only once; a head that is asked for some of the rows gets a copy of those.
    const consumeFeeds = heads.length === 1;
    const runs = heads.map(async ([key, { rows: taken, map }]) => {
      const all = taken.length === rows.length;
      const feeds = all ? features : gatherRows(features, taken, this.#sizeFor(taken.length));
      const { session: head } = this.#heads.get(key) as OpenHead;
      const outputs = await head.run(feeds, {
        fetches: map ? ['score', 'anomaly_map'] : ['score'],
        consumeFeeds: consumeFeeds || !all,
      });
      return [key, { taken, outputs }] as const;
    });
    afterBackbone();
    const outputs = new Map(await Promise.all(runs));
    return rows.map((row, index) => {
      const results = row.heads.map(({ key, map }) => {
        const head = outputs.get(key) as { taken: number[]; outputs: Record<string, Tensor> };
        return outputOf(head.outputs, head.taken.indexOf(index), map);
      });
      const wrong = results.find(({ score }) => !Number.isFinite(score));
      if (!wrong) return results;
      const reason = `it gives ${wrong.score} as score`;
      return new DeviceError('an image cannot be scored', [{ device: this.runtime.device, reason }]);
    });
  }

  async dispose(): Promise<void> {
    await this.runtime.dispose();
  }
}

function outputOf(
  { score, anomaly_map: map }: Record<string, Tensor>,
  row: number,
  withMap: boolean,
): RawOutput {
  const output: RawOutput = { score: (score as Tensor).data[row] as number };
  if (withMap) {
    const { data, dims } = map as Tensor;
    const length = data.length / (dims[0] as number);
    const values = data as Float32Array;
    output.map = values.length === length ? values : values.slice(row * length, (row + 1) * length);
  }
  return output;
}

async function warm(
  backbone: Session,
  head: Session,
  size: number,
  inputSize: readonly [number, number],
): Promise<void> {
  const image = stackRows([], size, inputSize);
  const features = await backbone.run({ image }, { consumeFeeds: true });
  await head.run(features, { fetches: ['score'], consumeFeeds: true });
}
