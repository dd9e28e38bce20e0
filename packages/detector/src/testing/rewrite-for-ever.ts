// Writes one bundle and another in the same place until it is killed. Arguments: the place, the folders of the two.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderBundle } from '../write-folder-bundle.js';

const [target, ...folders] = process.argv.slice(2) as [string, string, string];
const bundles = await Promise.all(
  folders.map(async (folder) => {
    const files = new Map<string, Uint8Array>();
    for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
    return files;
  }),
);
for (let i = 0; ; i++) {
  await writeFolderBundle(target, bundles[i % 2] as Map<string, Uint8Array>);
  if (i === 1) console.log('writing');
}
