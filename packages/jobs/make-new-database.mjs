// Writes dist/new-database.tar.gz: the files of an empty database, which take seconds of computing to make. Every new store
// begins with a copy of them.
import { writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';

const database = new PGlite();
await database.waitReady;
const archive = await database.dumpDataDir('gzip');
await database.close();
await writeFile(
  new URL('dist/new-database.tar.gz', import.meta.url),
  Buffer.from(await archive.arrayBuffer()),
);
