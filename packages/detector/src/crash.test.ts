import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startScript } from '../../../test/support/start-script.js';
import { folderBundle } from './folder-bundle.js';
import { makeBundle } from './testing/make-bundle.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { verifyBundle } from './verify-bundle.js';
import { writeFolderBundle } from './write-folder-bundle.js';

const KILLS = 12;
const folder = temporaryFolder();

it('a process killed while it writes leaves a whole bundle', async () => {
  const [one, two, target] = ['one', 'two', 'target'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFolderBundle(one, await makeBundle({ name: 'one' }));
  await writeFolderBundle(two, await makeBundle({ name: 'two', seed: 1 }));
  const left = new Set<string>();
  for (let round = 0; round < KILLS; round++) {
    const script = startScript(new URL('testing/rewrite-for-ever.ts', import.meta.url), [target, one, two]);
    await script.printed('writing');
    await setTimeout(Math.random() * 60);
    script.child.kill('SIGKILL');
    await script.ended;
    const { manifest } = await verifyBundle(folderBundle(target));
    expect(['one', 'two']).toContain(manifest.name);
    for (const name of await readdir(folder)) left.add(name.replace(/-.*/, ''));
  }
  // The kills hit something only if some were in the middle of a replacement.
  expect(left.has('target.new')).toBe(true);
});
