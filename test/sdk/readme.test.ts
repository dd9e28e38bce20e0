// The code of the SDK's README, run as it is written against a service that has what it names: a detector "wood", an
// image part.png and a folder with good ones.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from '../service/service-process.js';
import { ROOT } from './packed.js';

const page = readFileSync(join(ROOT, 'sdk/README.md'), 'utf8');
const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code = ''], i) => ({
  number: i + 1,
  code,
}));

let folder: string;
let service: ServiceProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-readme-'));
  await mkdir(join(folder, 'node_modules/@cflow'), { recursive: true });
  await symlink(join(ROOT, 'sdk'), join(folder, 'node_modules/@cflow/sdk'));
  await writeFile(join(folder, 'part.png'), await encodePng(testImage(1, 64, 64)));
  await mkdir(join(folder, 'good'));
  for (let seed = 0; seed < 8; seed++) {
    await writeFile(join(folder, 'good', `${seed}.png`), await encodePng(testImage(seed, 64, 64)));
  }
  const bundle = join(folder, 'wood.cflow');
  await writeFolderBundle(bundle, await makeBundle({ name: 'wood' }));
  service = await startServiceProcess([bundle, '--store', join(folder, 'store'), '--log', 'error']);
  await service.ready();
});

afterAll(async () => {
  await service?.kill();
  await rm(folder, { recursive: true, force: true });
});

it('there are some', () => expect(blocks.length).toBeGreaterThan(5));

it.each(blocks)(
  'block $number runs',
  async ({ number, code }) => {
    const file = `block-${number}.mjs`;
    await writeFile(join(folder, file), code.replaceAll('http://127.0.0.1:8080', service.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    expect(stderr).toBe('');
    // Whatever runs by itself says something.
    if (!code.includes('export ')) expect(stdout.trim()).not.toBe('');
  },
  120_000,
);
