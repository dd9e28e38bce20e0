// Moves the alias "latest" of "wood" in turn to two versions, each time from where it points, and prints how often that
// was done and how often somebody else was faster. Arguments: the folder of the store, the two versions, how often.
import { folderObjectStore } from '../../node/folder-object-store.js';
import { ObjectRegistry } from '../../object-registry.js';
import { RegistryError } from '../../registry-error.js';

const [folder, one, two, times] = process.argv.slice(2) as [string, string, string, string];
const registry = new ObjectRegistry(folderObjectStore(folder));
const moves: [string, string][] = [];
let conflicts = 0;
while (moves.length < Number(times)) {
  const from = await registry.resolve('wood', 'latest');
  const to = from === one ? two : one;
  try {
    await registry.moveAlias('wood', 'latest', to, { expected: from });
    moves.push([from, to]);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'conflict') throw error;
    conflicts++;
  }
}
console.log(
  JSON.stringify({ moves: moves.length, fromOne: moves.filter(([from]) => from === one).length, conflicts }),
);
