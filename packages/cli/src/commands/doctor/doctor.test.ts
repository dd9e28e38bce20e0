import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, runCli } from '../../testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../testing/workplace.js';

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
