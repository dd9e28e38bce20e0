import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import { type DataSetItem, ResumeError, StorageError } from '@cflow/spec';

/** Everything that a run's result depends on; a resumed run must have the same. Must be JSON. */
export type RunIdentity = Readonly<Record<string, unknown>>;

/** What a run was asked for, in the caller's own words. Must be JSON. */
export type AskedForRun = Readonly<Record<string, unknown>>;

const RUN_FILE = 'run.json';
const ASKED_FILE = 'asked.json';

/** Where a run keeps what it needs to go on: checkpoints and features. Beside the bundle, gone when the run is done. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens the folder of a run. Without `resume` what is there is thrown away; with it, it must be of the same run.
   * @param asked kept for {@link askedOfRun}
   * @throws ResumeError that names what differs, or says that there is nothing to resume; StorageError
   */
  static async open(
    output: string,
    identity: RunIdentity,
    resume: boolean,
    asked?: AskedForRun,
  ): Promise<RunFolder> {
    const path = `${resolve(output)}.training`;
    const file = join(path, RUN_FILE);
    try {
      if (resume) await checkSameRun(file, identity, path);
      else {
        await refuseForeignFolder(path);
        await rm(path, { recursive: true, force: true });
      }
      await mkdir(path, { recursive: true });
      if (asked) await writeFileAtomically(join(path, ASKED_FILE), `${JSON.stringify(asked, null, 2)}\n`);
      await writeFileAtomically(file, `${JSON.stringify(identity, null, 2)}\n`);
    } catch (error) {
      throw storageErrorOf(error, path);
    }
    return new RunFolder(path);
  }

  /**
   * Whether a run can be kept beside a bundle, or resumed there. Nothing is changed.
   * @throws ResumeError where there is nothing to resume; StorageError for a folder that no run has made
   */
  static async check(output: string, resume: boolean): Promise<void> {
    const path = `${resolve(output)}.training`;
    if (resume) parseRun(await runText(join(path, RUN_FILE), path), path);
    else await refuseForeignFolder(path);
  }

  /** The backbone of the run that can be resumed; undefined where there is none, or its file is damaged. */
  static async backboneOf(output: string): Promise<string | undefined> {
    const { configuration } = (await recordOf(output, RUN_FILE)) as {
      configuration?: { backbone?: unknown };
    };
    return typeof configuration?.backbone === 'string' ? configuration.backbone : undefined;
  }

  checkpoint(layer: number): string {
    return join(this.path, `checkpoint-${layer}.safetensors`);
  }

  get features(): string {
    return join(this.path, 'features');
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** What the run that there is to go on with was asked for; nothing where there is no run, or its file is damaged. */
export function askedOfRun(output: string): Promise<AskedForRun> {
  return recordOf(output, ASKED_FILE);
}

/** What a file of a run holds; nothing where it is not there, or damaged. */
async function recordOf(output: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(join(`${resolve(output)}.training`, file), 'utf8').catch(() => '{}');
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
  } catch {
    return {};
  }
}

/** A folder that no run has made is somebody's: it is not thrown away. */
async function refuseForeignFolder(path: string): Promise<void> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  // A run that was killed at its very start leaves nothing, or the file under the name it is written by.
  if (names.length === 0 || names.some((name) => name.startsWith(RUN_FILE) || name.startsWith(ASKED_FILE)))
    return;
  throw new StorageError(
    'store',
    `"${path}", where the run would keep its checkpoints, exists and does not belong to a run; choose another place for the bundle or move it away`,
    { details: { path, option: 'output' } },
  );
}

async function checkSameRun(file: string, identity: RunIdentity, path: string): Promise<void> {
  const before = parseRun(await runText(file, path), path);
  const now = JSON.parse(JSON.stringify(identity)) as Record<string, unknown>;
  const changed = differences(before, now);
  if (changed.length > 0) {
    throw new ResumeError(
      `the run at "${path}" was started with another configuration, and going on would mix two: ${changed.join('; ')}. ` +
        'Resume with the options it was started with, or train without resuming',
      { details: { changed, option: 'resume' } },
    );
  }
}

async function runText(file: string, path: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return text;
  throw new ResumeError(`there is no run to resume at "${path}"; train without resuming to start one`, {
    details: { option: 'resume' },
  });
}

function parseRun(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ResumeError(`the run at "${path}" is damaged; train without resuming to start over`, {
      cause,
      details: { option: 'resume' },
    });
  }
}

/** What differs, as `path: before → now`. */
function differences(before: unknown, now: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord(before) || !isRecord(now)) {
    return [`${path}: ${JSON.stringify(before)} before, ${JSON.stringify(now)} now`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
}

/** One hash over names and sizes of images, and of the regions that they have of their own, in their order. */
export async function imagesFingerprint(items: readonly DataSetItem[]): Promise<string> {
  const hash = createHash('sha256');
  for (const item of items) {
    const region = item.regionPath === undefined ? '' : `/${await bytesOf(item.regionPath)}`;
    hash.update(`${item.split}/${item.label}/${item.name}/${await bytesOf(item.path)}${region}\n`);
  }
  return hash.digest('hex');
}

const bytesOf = (path: string): Promise<number> =>
  stat(path).then(
    (entry) => entry.size,
    () => -1,
  );
