// The thread in which PGlite runs. Starting it takes seconds of computing, and each statement some milliseconds: on the
// main thread they would hold up every request. The other side is database/pglite-connection.ts.
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { ThreadRequest, ThreadResponse } from './database/pglite-messages.js';

const port = parentPort as MessagePort;
const { folder } = workerData as { folder: string | undefined };
const opened = open(folder);
// Told with the answer to the first statement.
opened.catch(() => {});

// One after the other: there is one connection.
let last: Promise<unknown> = Promise.resolve();
port.on('message', (request: ThreadRequest) => {
  last = last.then(() => handle(request));
});

async function handle(request: ThreadRequest): Promise<void> {
  try {
    const pglite = await opened;
    if (request.kind === 'close') {
      await pglite.close();
      answer({ id: request.id, ok: true, rows: [] });
      port.close();
      return;
    }
    const { text, values } = request;
    const rows = values
      ? (await pglite.query(text, [...values])).rows
      : ((await pglite.exec(text)).at(-1)?.rows ?? []);
    answer({ id: request.id, ok: true, rows });
  } catch (error) {
    const { message, code, constraint } = error as { message: string; code?: string; constraint?: string };
    answer({ id: request.id, ok: false, error: { message, code, constraint } });
    if (request.kind === 'close') port.close();
  }
}

function answer(response: ThreadResponse): void {
  port.postMessage(response);
}

async function open(where: string | undefined): Promise<PGlite> {
  if (where === undefined) return makeNew(undefined);
  const path = join(where, 'postgres');
  if (!(await stat(path).catch(() => undefined))) {
    // A process that ends while it makes the files must not leave half of them where they would be opened.
    const unfinished = join(where, 'postgres.new');
    await (await makeNew(unfinished)).close();
    await rename(unfinished, path);
  }
  return started(new PGlite(path));
}

/** From the files of an empty database that come with the package; a PGlite that they are not of makes its own, in seconds. */
async function makeNew(folder: string | undefined): Promise<PGlite> {
  const place = folder === undefined ? {} : { dataDir: folder };
  try {
    await emptied(folder);
    const files = await readFile(new URL('new-database.tar.gz', import.meta.url));
    return await started(new PGlite({ ...place, loadDataDir: new Blob([files]) }));
  } catch {
    await emptied(folder);
    return started(new PGlite(place));
  }
}

async function emptied(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function started(pglite: PGlite): Promise<PGlite> {
  await pglite.waitReady;
  return pglite;
}
