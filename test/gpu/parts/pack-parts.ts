import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';

/** Folders to take paths from, in the order in which they are packed. */
export interface Packed {
  from: string;
  paths: readonly string[];
  /** Where they come to, below the checkout. Default: where they are. */
  to?: string;
}

export interface PackOptions {
  packed: readonly Packed[];
  into: string;
  /** Bytes of a part at most. */
  partBytes: number;
}

/**
 * Packs paths into one compressed archive that is cut into parts, each in a folder of its own with the hashes of all: `01/part`,
 * `01/SHA256SUMS`, … `receive-part.sh` puts them together again.
 * @returns Bytes of the parts
 */
export async function packParts({ packed, into, partBytes }: PackOptions): Promise<number[]> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const gzip = createGzip();
  const writing = writeArchive(packed, gzip);
  const hashes: Hash[] = [];
  const sizes: number[] = [];
  let part: WriteStream | undefined;
  const end = async (): Promise<void> => {
    if (part) await new Promise<void>((done) => part?.end(done));
  };
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    for (let start = 0; start < chunk.length; ) {
      if (!part || sizes.at(-1) === partBytes) {
        await end();
        part = createWriteStream(join(into, String(sizes.length)));
        hashes.push(createHash('sha256'));
        sizes.push(0);
      }
      const piece = chunk.subarray(start, start + partBytes - (sizes.at(-1) as number));
      hashes.at(-1)?.update(piece);
      sizes[sizes.length - 1] = (sizes.at(-1) as number) + piece.length;
      if (!part.write(piece)) await new Promise<void>((drained) => part?.once('drain', drained));
      start += piece.length;
    }
  }
  await end();
  await writing;
  const names = sizes.map((_, i) => String(i + 1).padStart(2, '0'));
  const sums = names.map((name, i) => `${(hashes[i] as Hash).digest('hex')}  ${name}/part\n`).join('');
  for (const [i, name] of names.entries()) {
    await mkdir(join(into, `${name}.new`));
    await rename(join(into, String(i)), join(into, `${name}.new`, 'part'));
    await writeFile(join(into, `${name}.new`, 'SHA256SUMS'), sums);
  }
  for (const name of await readdir(into))
    await rename(join(into, name), join(into, name.replace('.new', '')));
  return sizes;
}

/** One archive after the other, as `cat` would join them: tar reads on with `--ignore-zeros`. */
async function writeArchive(packed: readonly Packed[], to: ReturnType<typeof createGzip>): Promise<void> {
  try {
    for (const { from, paths, to: prefix } of packed) {
      const moved = prefix === undefined ? [] : [`--transform=s,^,${prefix}/,`];
      const child = spawn(
        'tar',
        ['-c', '--exclude=*.map', '--exclude=*.d.ts', ...moved, '-C', from, ...paths],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const ended = new Promise<void>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) =>
          code === 0 ? resolve() : reject(new Error(`tar ended with ${code} in ${from}`)),
        );
      });
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        if (!to.write(chunk)) await new Promise<void>((drained) => to.once('drain', drained));
      }
      await ended;
    }
    to.end();
  } catch (error) {
    to.destroy(error as Error);
    throw error;
  }
}
