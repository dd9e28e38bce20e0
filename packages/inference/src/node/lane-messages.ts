import type { VerifiedBundle } from '@cflow/detector';
import type { SessionOptions } from '@cflow/runtime';
import type { NodeDevice } from '@cflow/runtime/node';
import { type BundleManifest, SCORING_FILES, WEIGHT_FILES } from '@cflow/spec';
import type { Step } from '../lanes/step-watch.js';
import type { ErrorMessage } from './error-message.js';
import type { ResultMessage, RowMessage, RowsPlace } from './shared-rows.js';

/** What a lane's process is told first. */
export interface LaneSettings {
  device: NodeDevice;
  threads: number;
  /** Sizes that batches are padded to, ascending. */
  batchSizes: readonly number[];
  headOptions?: SessionOptions | undefined;
  /** Of CUDA, which of several cards. */
  card?: number | undefined;
  /** Images of a batch at most where larger ones are tried. */
  mostImages?: number | undefined;
}

/** A bundle between processes: files that lie in a folder are named, not sent. */
export interface BundleMessage {
  name: string;
  manifest: BundleManifest;
  files: ReadonlyMap<string, Uint8Array>;
  paths: Readonly<Record<string, string>>;
}

export type LaneCall =
  | { kind: 'open'; key: string; bundle: BundleMessage; warmSizes: readonly number[] }
  | { kind: 'close'; key: string }
  | { kind: 'run'; rows: readonly RowMessage[]; place: RowsPlace | undefined }
  | { kind: 'dispose' };

export type LaneRequest = { kind: 'start'; settings: LaneSettings } | (LaneCall & { id: number });

export interface LaneResults {
  open: readonly number[] | undefined;
  close: undefined;
  run: ResultMessage[];
  dispose: undefined;
}

export type LaneResponse =
  /** A call of the engine begins or ends; not sent for backbones, and for heads only where a batch has several. */
  | { kind: 'begin'; call: number; step: Step; images: number; pace: string }
  | { kind: 'over'; call: number }
  /** A batch is past its backbone. */
  | { kind: 'passed'; id: number }
  | { kind: 'done'; id: number; value: LaneResults[keyof LaneResults] }
  /** `lost` when the device is, and every further call would fail. */
  | { kind: 'failed'; id: number; error: ErrorMessage; lost: ErrorMessage | undefined };

export async function packBundle({ source, manifest, files }: VerifiedBundle): Promise<BundleMessage> {
  const paths: Record<string, string> = {};
  for (const file of WEIGHT_FILES) {
    const path = await source.path?.(file);
    if (path !== undefined) paths[file] = path;
  }
  const sent = SCORING_FILES.filter((file) => paths[file] === undefined && files.has(file));
  return {
    name: source.name,
    manifest,
    files: new Map(sent.map((file) => [file, files.get(file) as Uint8Array])),
    paths,
  };
}

export function unpackBundle({ name, manifest, files, paths }: BundleMessage): VerifiedBundle {
  const source: VerifiedBundle['source'] = {
    name,
    read: async (file) => files.get(file) as Uint8Array,
    // Undefined for files that were sent, which are in `files`.
    ...(Object.keys(paths).length > 0 && { path: async (file: string) => paths[file] as string }),
  };
  return { source, manifest, files };
}
