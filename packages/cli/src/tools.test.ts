import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeImage } from '@cflow/images/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from './testing/expect-error.js';
import { jsonLines, runCli } from './testing/run-cli.js';
import { createWorkplace, type Workplace } from './testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

describe('cflow doctor', () => {
  it('tells which devices work and why the others do not', async () => {
    const env = { CFLOW_CACHE: join(place.path, 'new-cache') };
    const table = await runCli(['doctor'], { env });
    expect(table.code, table.stderr).toBe(0);
    for (const words of [
      /^cpu +yes/m,
      /^cuda/m,
      /^webgpu/m,
      /^auto takes/m,
      /embedded one is here/,
      /onnxruntime-node 1/,
    ]) {
      expect(table.stdout).toMatch(words);
    }
    const [found] = jsonLines((await runCli(['doctor', '--json'], { env })).stdout);
    const devices = found?.devices as { device: string; available: boolean; reason?: string }[];
    expect(devices.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu']);
    for (const { available, reason } of devices) if (!available) expect(reason).toMatch(/\w{3}/);
    expect(found?.cache).toMatchObject({ path: env.CFLOW_CACHE });
  });
});

describe('cflow backbone', () => {
  it('lists what is built in', async () => {
    const { code, stdout } = await runCli(['backbone', 'list']);
    expect(code).toBe(0);
    for (const name of ['embedded', 'resnet18', 'wide_resnet50_2', 'mobilenet_v3_large'])
      expect(stdout).toContain(name);
    const names = jsonLines((await runCli(['backbone', 'list', '--json'])).stdout).map(({ name }) => name);
    expect(names).toHaveLength(11);
  });

  it('says plainly when the hub cannot be reached, and when nothing was fetched', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    // The port was free a moment ago, so nobody answers there.
    const env = { HF_ENDPOINT: `http://127.0.0.1:${port}`, CFLOW_CACHE: join(place.path, 'hub-cache') };
    expectError(await runCli(['backbone', 'pull', 'resnet18.a1_in1k'], { env }), 1, `${port}`, 'HF_ENDPOINT');
    expectError(await runCli(['backbone', 'path', 'resnet18.a1_in1k'], { env }), 1, 'cflow backbone pull');
    expectError(await runCli(['backbone', 'pull', '../x'], { env }), 2, 'timm');
  });
});

describe('cflow synth', () => {
  const args = [
    'synth',
    'parts',
    '--materials',
    'wood',
    '--train',
    '2',
    '--test-good',
    '1',
    '--per-defect',
    '1',
  ];

  it('renders the same data set each time, with masks', async () => {
    const first = await place.cflow(...args, '--size', '48', '--json');
    expect(first.code, first.stderr).toBe(0);
    expect(jsonLines(first.stdout)).toMatchObject([
      { size: 48, dataSets: [{ path: 'parts/wood', train: 2, testGood: 1, testBad: 4 }] },
    ]);
    const image = join(place.path, 'parts/wood/test/crack/000.png');
    const bytes = await readFile(image);
    expect(await decodeImage(image)).toMatchObject({ width: 48, height: 48 });
    await readFile(join(place.path, 'parts/wood/ground_truth/crack/000_mask.png'));
    expect((await place.cflow(...args, '--size', '48')).code).toBe(0);
    expect(await readFile(image)).toEqual(bytes);
  });

  it('does not mix with files of another data set', async () => {
    await mkdir(join(place.path, 'parts/wood/train/good'), { recursive: true });
    await writeFile(join(place.path, 'parts/wood/train/good/mine.png'), 'mine');
    expectError(await place.cflow(...args, '--size', '48'), 1, 'mine.png');
    expectError(await place.cflow('synth', 'x', '--materials', 'cheese'), 2, 'cheese', 'brushed-metal');
  });
});
