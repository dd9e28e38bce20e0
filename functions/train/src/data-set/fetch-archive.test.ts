import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryObjectStore, misbehavingReads } from '@cflow/store/testing';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { fetchArchive } from './fetch-archive.js';

const root = temporaryFolder();
const archive = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
const path = `data-sets/${createHash('sha256').update(archive).digest('hex')}.zip`;

async function fetched(reference: string, ...faults: ('half' | 'other' | 'break')[]): Promise<Uint8Array> {
  const objects = misbehavingReads(memoryObjectStore());
  await objects.put(reference, archive);
  objects.spoil(/./, ...faults);
  const file = join(root, 'archive.zip');
  await fetchArchive({ path: reference }, file, {
    objects,
    fetchUrl: undefined,
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
  });
  return readFile(file);
}

it('brings an archive as it was uploaded', async () => {
  expect(new Uint8Array(await fetched(path))).toEqual(archive);
  expect(new Uint8Array(await fetched('data-sets/by-hand.zip'))).toEqual(archive);
});

it.each(['half', 'other', 'break'] as const)(
  'takes what comes %s for an attempt that may be made again',
  async (fault) => {
    await expect(fetched(path, fault)).rejects.toMatchObject({ code: 'store', retryable: true });
    if (fault === 'half')
      await expect(fetched('data-sets/by-hand.zip', fault)).rejects.toMatchObject({ retryable: true });
  },
);
