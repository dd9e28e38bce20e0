// The curl lines of README.md and docs/serving.md, run as they are written against a service that has what they name:
// a detector "metal" or "wood", an image part.png and an archive images.zip.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from '../service/service-process.js';
import { woodArchive } from '../service/wood-archive.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADDRESS = 'http://127.0.0.1:8080';

/** Each command that begins with curl, with the lines that it goes on in. */
function curlCommands(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^curl (?:.*\\\n)*.*$/gm)].map(([command]) => command);
}

const commands = ['README.md', 'docs/serving.md'].flatMap((page) =>
  curlCommands(page).map((command) => ({ page, command })),
);

let folder: string;
let service: ServiceProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-curl-'));
  const bundles = await Promise.all(
    ['metal', 'wood'].map(async (name) => {
      const bundle = join(folder, `${name}.cflow`);
      await writeFolderBundle(bundle, await makeBundle({ name }));
      return bundle;
    }),
  );
  const { data, width, height } = testImage(1);
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  await image.png().toFile(join(folder, 'part.png'));
  await writeFile(join(folder, 'images.zip'), await woodArchive(8));
  // Jobs are taken and not worked on: what becomes of them is tested where they are made.
  const store = join(folder, 'store');
  service = await startServiceProcess([
    ...bundles,
    '--store',
    store,
    '--train',
    'elsewhere',
    '--log',
    'error',
  ]);
  await service.ready();
});

afterAll(async () => {
  await service?.kill();
  await rm(folder, { recursive: true, force: true });
});

it('there are some', () => expect(commands.length).toBeGreaterThan(5));

it.each(commands)('$page: $command', async ({ command }) => {
  const { detectors } = (await (await fetch(`${service.url}/v1/detectors`)).json()) as {
    detectors: { name: string; aliases: Record<string, string> }[];
  };
  const version = detectors.find(({ name }) => name === 'wood')?.aliases.latest ?? '';
  const here = command
    .replaceAll(ADDRESS, service.url)
    .replace('{"version": "…"}', `{"version": "${version}"}`);
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `${here} --silent --show-error --fail-with-body`],
    {
      cwd: folder,
    },
  );
  expect(JSON.parse(stdout)).toBeTypeOf('object');
});
