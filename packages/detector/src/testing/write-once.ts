// Writes a bundle and prints the error it meets, as JSON. Arguments: the place, the folder of the bundle.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CflowError } from '@cflow/spec';
import { writeFolderBundle } from '../write-folder-bundle.js';

const [target, folder] = process.argv.slice(2) as [string, string];
const files = new Map<string, Uint8Array>();
for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
try {
  await writeFolderBundle(target, files);
  console.log('{}');
} catch (error) {
  const { name, code, message, retryable } = error as CflowError;
  console.log(JSON.stringify({ name, code, message, retryable }));
}
