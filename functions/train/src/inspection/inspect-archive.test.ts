import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng } from '@cflow/visual/node';
import { expect, it } from 'vitest';
import { makeZip } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace } from '../testing/test-place.js';
import { inspectArchive } from './inspect-archive.js';

const root = temporaryFolder();

const picture = (value: number, side = 24): Promise<Uint8Array> => {
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => (value === 0 ? 0 : (value * i) % 251));
  return encodePng({ width: side, height: side, data });
};

it('says of an archive what a training would understand, and leaves nothing', async () => {
  const place = openTestPlace(join(root, 'one'));
  const archive = join(root, 'parts.zip');
  const good = await picture(3);
  await makeZip(archive, {
    'good/1.png': good,
    'good/2.png': await picture(5),
    'good/black.png': await picture(0),
    'good/copy.png': good,
    'bad/scratch.png': await picture(7, 32),
    'notes.txt': 'none',
  });
  await place.addDataSet(archive, 'parts.zip');
  const { objects, workFolder } = place;
  const { signal } = new AbortController();
  const report = await inspectArchive('data-sets/parts.zip', { objects, workFolder, signal });
  expect(report).toMatchObject({
    name: 'parts',
    layout: 'folder',
    bad: { test: 1 },
    sizes: { distinct: 2 },
    skipped: [{ reason: 'not-an-image', count: 1 }],
  });
  expect(report.good.train + report.good.test).toBe(4);
  expect(report.findings.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['copies-between-train-and-test', 'flat-images']),
  );
  expect(JSON.stringify(report)).not.toContain(root);
  expect(await readdir(workFolder)).toEqual([]);

  await makeZip(join(root, 'text.zip'), { 'notes.txt': 'no image' });
  await place.addDataSet(join(root, 'text.zip'), 'text.zip');
  await expect(inspectArchive('data-sets/text.zip', { objects, workFolder, signal })).rejects.toMatchObject({
    code: 'data-set',
  });
  const gone = new AbortController();
  const stopped = inspectArchive('data-sets/parts.zip', { objects, workFolder, signal: gone.signal });
  gone.abort(new Error('nobody waits'));
  await expect(stopped).rejects.toThrow('nobody waits');
  expect(await readdir(workFolder)).toEqual([]);
});
