// Clients that generators make of the service's description: each is compiled as strictly as its users would, trains a
// detector from an archive, predicts an image every way that it can, and reads the map.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { type ServiceProcess, startServiceProcess } from '../service/service-process.js';
import { woodArchive } from '../service/wood-archive.js';
import { generateHeyApi, generateTypes } from './generate-clients.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const STRICT = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: 'NodeNext',
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  },
};

let folder: string;
let service: ServiceProcess;
let archiveBytes: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-clients-'));
  service = await startServiceProcess(['--store', join(folder, 'store')], {
    CFLOW_DEVICE: 'cpu',
    CFLOW_LOG_LEVEL: 'error',
  });
  const archive = await woodArchive(12);
  archiveBytes = archive.length;
  await writeFile(join(folder, 'images.zip'), archive);
  await writeFile(join(folder, 'part.png'), await testPng(3, 64, 64));
  const document = await (await fetch(`${service.url}/openapi.json`)).text();
  await writeFile(join(folder, 'openapi.json'), document);
});
afterAll(async () => {
  await service?.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Printed {
  status: string;
  bytes: number;
  scores: number[];
  maps: number[];
  manifest: number;
}

/** Compiles a program with the client that it uses, and runs it against the service. */
async function program(name: string, generate: (document: string, folder: string) => Promise<void>) {
  const place = join(folder, name);
  await mkdir(place);
  await symlink(NODE_MODULES, join(place, 'node_modules'));
  await generate(join(folder, 'openapi.json'), place);
  await cp(join(PROGRAMS, `${name}.ts`), join(place, 'program.ts'));
  await writeFile(join(place, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ ...STRICT, include: ['program.ts'] }));
  const tsc = join(dirname(require.resolve('typescript')), 'tsc.js');
  const compiled = await run(process.execPath, [tsc, '-p', place]).catch((error) => error);
  expect(compiled.stdout).toBe('');
  const args = ['--import', 'tsx', 'program.ts', service.url];
  const { stdout } = await run(
    process.execPath,
    [...args, join(folder, 'part.png'), join(folder, 'images.zip')],
    { cwd: place },
  );
  return JSON.parse(stdout) as Printed;
}

/** The same, asked for without any client. */
async function expected(): Promise<{ score: number; map: number; manifest: number }> {
  const answer = await fetch(`${service.url}/v1/detectors/lid/predict?map=f32`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(await testPng(3, 64, 64)),
  });
  const { predictions } = (await answer.json()) as {
    predictions: { score: number; map: { data: string } }[];
  };
  const [{ score, map } = { score: Number.NaN, map: { data: '' } }] = predictions;
  const bytes = Buffer.from(map.data, 'base64');
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const manifest = await fetch(`${service.url}/v1/detectors/lid/versions/latest/files/manifest.json`);
  return { score, map: Math.max(...values), manifest: (await manifest.arrayBuffer()).byteLength };
}

it.each([
  ['openapi-fetch', generateTypes, 4],
  ['hey-api', generateHeyApi, 2],
] as const)('%s trains, predicts and reads the map', async (name, generate, predictions) => {
  const printed = await program(name, generate);
  const { score, map, manifest } = await expected();
  expect(printed).toMatchObject({ status: 'succeeded', bytes: archiveBytes, manifest });
  expect(printed.scores).toEqual(Array(predictions).fill(score));
  expect(printed.maps).toEqual(Array(predictions).fill(map));
  expect(map).toBeGreaterThan(0);
});
