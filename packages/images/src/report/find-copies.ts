import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { mapInOrder } from '../map-in-order.js';

const AT_ONCE = 8;
/** What is read of a file to tell most of those of one size apart: of uncompressed images all are. */
const SAMPLE_BYTES = 4096;
/** Bytes that are read in all for files whose samples agree. */
const MOST_BYTES = 4 * 2 ** 30;

/** Files that are byte for byte the same, as groups of at least two, in the order given. */
export async function findCopies(
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  const all = paths.map((_, i) => i);
  const sized = await groupsBy([all], async (i) => sizeOf(paths[i] as string), signal);
  const sampled = await groupsBy(sized, async (i) => sampleOf(paths[i] as string), signal);
  let left = MOST_BYTES;
  return groupsBy(
    sampled,
    async (i) => {
      const path = paths[i] as string;
      left -= Number(await sizeOf(path));
      // Beyond the bound nothing is claimed.
      return left < 0 ? undefined : hashOf(path);
    },
    signal,
  );
}

/** Splits groups by a key; what is alone, or has no key, is left out. */
async function groupsBy(
  groups: readonly (readonly number[])[],
  keyOf: (index: number) => Promise<string | undefined>,
  signal: AbortSignal | undefined,
): Promise<number[][]> {
  const flat = groups.flatMap((group, g) => group.map((index) => ({ g, index })));
  const byKey = new Map<string, number[]>();
  const work = async ({ g, index }: { g: number; index: number }) => ({ g, index, key: await keyOf(index) });
  for await (const { g, index, key } of mapInOrder(flat, work, { concurrency: AT_ONCE, signal })) {
    if (key === undefined) continue;
    const group = byKey.get(`${g}/${key}`) ?? [];
    group.push(index);
    byKey.set(`${g}/${key}`, group);
  }
  return [...byKey.values()].filter((group) => group.length > 1);
}

async function sizeOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ size }) => String(size),
    () => undefined,
  );
}

/** A hash of the file's start, middle and end. */
async function sampleOf(path: string): Promise<string | undefined> {
  return withFile(path, async (file, size) => {
    const hash = createHash('sha256');
    for (const part of [0, 0.5, 1]) {
      const at = Math.max(0, Math.trunc((size - SAMPLE_BYTES) * part));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  });
}

async function hashOf(path: string): Promise<string | undefined> {
  return withFile(path, async (file) => {
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
    return hash.digest('hex');
  });
}

type OpenFile = Awaited<ReturnType<typeof open>>;

async function withFile(
  path: string,
  use: (file: OpenFile, size: number) => Promise<string>,
): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    return await use(file, (await file.stat()).size);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
