// A registry on this machine that has the packages of a release and what package-lock.json pins, and nothing else. It is the
// proxy of those who install from it as well, and lets nothing through: what an installation asks of anybody else is known.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PackedPackage } from '../../../packages/release/src/pack-release.js';
import { manifestIn, readArchive } from '../../../packages/release/src/read-archive.js';
import { lockedPackages, type PackageVersion } from './locked-packages.js';
import { cachedArchive } from './npm-cache.js';

export interface PackageRegistry {
  url: string;
  /** Addresses of others that were asked for, and refused. */
  elsewhere: string[];
  /** How many requests there were so far. */
  requests(): number;
  close(): void;
}

interface Offered extends PackageVersion {
  archive(): Promise<Uint8Array>;
}

export async function startRegistry(packed: readonly PackedPackage[]): Promise<PackageRegistry> {
  const offered = [...(await Promise.all(packed.map(ofRelease))), ...(await lockedPackages()).map(ofOthers)];
  const elsewhere: string[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    const path = decodeURIComponent(String(request.url));
    // A request to somebody else, through a proxy, has the whole address.
    if (!path.startsWith('/')) elsewhere.push(path);
    void answer(path, offered, response, url);
  });
  server.on('connect', (request, socket) => {
    elsewhere.push(String(request.url));
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url, elsewhere, requests: () => count, close };
}

async function ofRelease({ tarball }: PackedPackage): Promise<Offered> {
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const manifest = manifestIn(await readArchive(tarball));
  return { ...manifest, integrity, archive: async () => bytes };
}

const ofOthers = (version: PackageVersion): Offered => ({
  ...version,
  archive: () => cachedArchive(version),
});

async function answer(
  path: string,
  offered: readonly Offered[],
  response: ServerResponse,
  url: string,
): Promise<void> {
  const archive = /^\/archives\/(.+)@([^@]+)\.tgz$/.exec(path);
  const name = archive?.[1] ?? path.slice(1);
  const versions = offered.filter((each) => each.name === name);
  const wanted = archive ? versions.find(({ version }) => version === archive[2]) : versions.at(0);
  if (!wanted) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
  } else if (archive) response.end(await wanted.archive());
  else response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(versions, url)));
}

function packument(versions: readonly Offered[], url: string): object {
  const name = versions[0]?.name as string;
  const entries = versions.map(({ archive: _, integrity, ...told }) => {
    const tarball = `${url}/archives/${name}@${told.version}.tgz`;
    return [told.version, { ...told, dist: { tarball, integrity } }];
  });
  return { name, 'dist-tags': { latest: versions.at(-1)?.version }, versions: Object.fromEntries(entries) };
}
