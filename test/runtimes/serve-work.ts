import { type Served, type StaticServer, serveStatic } from '../support/static-server.js';
import type { Work } from './score-files.js';

/** The work over HTTP, as `fetchWork` reads it, and what else a page needs. */
export function serveWork(
  { bundle, images }: Work,
  more: Iterable<[string, Served]> = [],
): Promise<StaticServer> {
  const list = { bundle: [...bundle.keys()], images: images.map(({ name }) => name) };
  return serveStatic(
    new Map<string, Served>([
      ['/work.json', JSON.stringify(list)],
      ...[...bundle].map(([name, bytes]): [string, Served] => [`/bundle/${name}`, bytes]),
      ...images.map(({ name, bytes }): [string, Served] => [`/images/${name}`, bytes]),
      ...more,
    ]),
  );
}
