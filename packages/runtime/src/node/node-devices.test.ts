import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeDevices } from '../probe-devices.js';
import { selectDevice } from '../select-device.js';
import { testDevice } from '../test-device.js';
import { nodeDevices } from './node-devices.js';
import { probeInChildProcess } from './probe-in-child-process.js';
import { manifestFolders, vulkanDrivers } from './vulkan-drivers.js';

describe('the device table of Node', () => {
  it('has cuda, webgpu and cpu, in this order, each with its state in words', async () => {
    const candidates = await nodeDevices();
    const reports = await probeDevices(candidates, probeInChildProcess);
    expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu']);
    for (const { available, reason, description } of reports) {
      expect(description).not.toBe('');
      if (!available) expect(reason).toMatch(/\w+ \w+/);
    }
    expect(reports[2]).toMatchObject({ available: true });
    expect(reports[2]).not.toHaveProperty('reason');
  });

  it('says of each device the same in this process as in a child', async () => {
    for (const candidate of await nodeDevices()) {
      // A driver may write more to a child's stderr, which is appended there.
      if ((await candidate.unavailable?.()) === undefined && candidate.device !== 'cpu') continue;
      const [here, child] = [await testDevice(candidate), await probeInChildProcess(candidate)];
      expect({ ...child, timeMs: 0 }).toEqual({ ...here, timeMs: 0 });
    }
  });

  it('auto gives a runtime and says why others were passed by', async () => {
    const { device, result, refused } = await selectDevice('auto', await nodeDevices(), (candidate) =>
      candidate.createRuntime(),
    );
    expect(result.device).toBe(device);
    const before = { cuda: [], webgpu: ['cuda'], cpu: ['cuda', 'webgpu'], wasm: [] }[device];
    expect(refused.map((attempt) => attempt.device)).toEqual(before);
    await result.dispose();
  });
});

describe('a device tested in a child process', () => {
  const cpu = async () => (await nodeDevices())[2]!;

  it('that does not answer in time is refused', async () => {
    const report = await probeInChildProcess(await cpu(), { timeoutMs: 1 });
    expect(report).toMatchObject({ available: false, device: 'cpu' });
    expect(report.reason).toMatch(/did not end within 1 ms/);
  });

  it('that crashes the process is refused, with what it wrote last', async () => {
    // Node gives up at its start for want of memory, as a driver would: by a signal, without an answer.
    const env = { ...process.env, NODE_OPTIONS: '--max-old-space-size=1 --max-semi-space-size=1' };
    const report = await probeInChildProcess(await cpu(), { env });
    expect(report).toMatchObject({ available: false, device: 'cpu' });
    expect(report.reason).toMatch(/crashed \((SIG\w+|exit code \d+)\) \(.*(heap|OOM|memory)/i);
  });
});

describe('Vulkan drivers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cflow-vulkan-'));
    await writeFile(join(folder, 'driver.json'), '{}');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are the ones that a variable names, if they exist', async () => {
    const [one, gone] = [join(folder, 'driver.json'), join(folder, 'gone.json')];
    expect(await vulkanDrivers({ VK_ICD_FILENAMES: `${gone}:${one}` })).toEqual([one]);
    expect(await vulkanDrivers({ VK_DRIVER_FILES: gone, VK_ICD_FILENAMES: one })).toEqual([]);
  });

  it('or else lie in the folders of the XDG directories', async () => {
    const environment = { HOME: '/home/one', XDG_DATA_DIRS: '/a:/b', XDG_CONFIG_DIRS: '/c' };
    expect(manifestFolders(environment)).toEqual(
      ['/home/one/.config', '/c', '/etc', '/home/one/.local/share', '/a', '/b'].map(
        (root) => `${root}/vulkan/icd.d`,
      ),
    );
    const none = { HOME: folder, XDG_DATA_DIRS: folder, XDG_CONFIG_DIRS: folder };
    expect(await vulkanDrivers({ ...none, VK_ADD_DRIVER_FILES: join(folder, 'driver.json') })).toContain(
      join(folder, 'driver.json'),
    );
  });
});
