import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { jsonLines, runCli } from '../../testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

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
