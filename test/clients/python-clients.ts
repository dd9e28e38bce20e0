// `npm run test:clients`: clients of other languages against a real service. By name only, since it installs packages
// from PyPI into a virtual environment, which the project itself needs nothing of.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { startServiceProcess } from '../service/service-process.js';
import { woodArchive } from '../service/wood-archive.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const here = (name: string): string => join(root, 'test/clients/python', name);
const environment = join(root, '.peer/clients');
const program = (name: string): string => join(environment, 'bin', name);

if (!existsSync(program('openapi-python-client'))) {
  console.log('installing the packages of test/clients/python/requirements.txt');
  await run('python3', ['-m', 'venv', environment]);
  await run(program('python'), ['-m', 'pip', 'install', '--quiet', '-r', here('requirements.txt')]);
}

const folder = await mkdtemp(join(tmpdir(), 'cflow-python-'));
const service = await startServiceProcess(['--store', join(folder, 'store')], {
  CFLOW_DEVICE: 'cpu',
  CFLOW_LOG_LEVEL: 'error',
});
try {
  const archive = await woodArchive(12);
  const [zip, png] = [join(folder, 'images.zip'), join(folder, 'part.png')];
  await writeFile(zip, archive);
  await writeFile(png, await testPng(3, 64, 64));
  const document = join(folder, 'openapi.json');
  await writeFile(document, await (await fetch(`${service.url}/openapi.json`)).text());

  const configuration = join(folder, 'client.yaml');
  await writeFile(
    configuration,
    'project_name_override: cflow-client\npackage_name_override: cflow_client\n',
  );
  const generated = await run(
    program('openapi-python-client'),
    ['generate', '--path', document, '--config', configuration, '--output-path', join(folder, 'client')],
    { env: { ...process.env, PATH: `${join(environment, 'bin')}:${process.env.PATH}` } },
  );
  assert.ok(!generated.stdout.includes('will not be generated'), generated.stdout);
  const env = { ...process.env, PYTHONPATH: join(folder, 'client') };
  const client = await run(program('python'), [here('generated.py'), service.url, png, zip], { env });
  const printed = JSON.parse(client.stdout) as { scores: number[]; maps: number[]; bytes: number };
  const [score = Number.NaN] = printed.scores;
  const [map = Number.NaN] = printed.maps;

  const answer = await fetch(`${service.url}/v1/detectors/lid/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(await testPng(3, 64, 64)),
  });
  const { predictions } = (await answer.json()) as { predictions: { score: number }[] };
  assert.equal(predictions[0]?.score, score);
  assert.equal(printed.bytes, archive.length);
  assert.deepEqual(printed.scores, Array(6).fill(score));
  assert.deepEqual(printed.maps, Array(6).fill(map));
  console.log('openapi-python-client: 6 predictions, 2 jobs, the map and a download');

  const triton = await run(program('python'), [here('triton.py'), service.url, png]);
  const found = JSON.parse(triton.stdout) as [number, number][];
  assert.deepEqual(found, Array(6).fill([Math.fround(score), map]));
  console.log('tritonclient: 6 predictions, as they are, in gzip and in deflate, binary and JSON');
} finally {
  await service.kill();
  await rm(folder, { recursive: true, force: true });
}
