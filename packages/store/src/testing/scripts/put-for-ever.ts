// Writes large objects into a folder store until it is killed. Argument: the folder.
import { folderObjectStore } from '../../node/folder-object-store.js';

const [folder] = process.argv.slice(2) as [string];
const store = folderObjectStore(folder);
for (let i = 0; ; i++) {
  let sent = 0;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (i === 1 && sent === 3) console.log('writing');
      if (sent++ < 64) controller.enqueue(new Uint8Array(2 ** 16).fill(i % 251));
      else controller.close();
    },
  });
  // The same few keys, each under its lock.
  await store.put(`objects/${i % 3}`, content);
}
