import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDevices } from '@cflow/runtime/node';
import { trainSmallBundle } from '../runtimes/make-work.js';
import type { CheckedDevice } from './checks/checked-device.js';
import { checkInChildProcess, type Environment } from './in-child-process.js';
import type { Check, DeviceReport } from './report.js';
import { type VulkanChoice, vulkanChoices } from './vulkan-choices.js';

export interface CheckOptions {
  quick: boolean;
  /** Devices to look for. */
  devices: readonly CheckedDevice[];
  /** Minutes that all of it may take. */
  minutes: number;
  /** For people, while it goes on. */
  log: (text: string) => void;
  /** Told what was found so far, after each check: whoever ends it early loses one check. */
  onCheck: (found: readonly DeviceReport[]) => Promise<void>;
}

/**
 * Everything after the first, `adapter`, without which there is nothing to check: what takes seconds and tells most comes first, what
 * takes minutes last.
 */
const CHECKS = [
  'golden probe',
  'scores',
  'scoring speed',
  'scoring speed, throughput',
  'training speed',
  'training trace',
  'golden',
  'nodes',
];
/** The same as the one before it, with products rounded. */
const THROUGHPUT = 'scoring speed, throughput';
/** Seconds without which no check is begun. */
const LEAST_SECONDS = 15;

/** Something that may be checked. */
interface Candidate {
  device: CheckedDevice;
  driver: string;
  software: boolean | null;
  environment: Environment;
  /** Why it cannot be. */
  unavailable?: string | undefined;
}

/** Checks every device that onnxruntime-node offers here; software only where no GPU opens. */
export async function checkDevices(options: CheckOptions): Promise<DeviceReport[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-gpu-'));
  const until = performance.now() + 60_000 * options.minutes;
  const minutesLeft = (): number => (until - performance.now()) / 60_000;
  try {
    const candidates = (await findCandidates(folder)).filter(({ device }) =>
      options.devices.includes(device),
    );
    const found: DeviceReport[] = [];
    let bundle: string | undefined;
    for (const candidate of candidates) {
      const { device, driver } = candidate;
      const report: DeviceReport = { device, driver, software: candidate.software, checks: [] };
      found.push(report);
      const note = async (check: Check): Promise<void> => {
        report.checks.push(check);
        options.log(`${device} (${driver}) ${check.name}: ${check.status}, ${check.reason}`);
        await options.onCheck(found);
      };
      const skip = (name: string, reason: string): Promise<void> =>
        note({ name, status: 'skipped', reason, seconds: 0, figures: {} });
      const gpuBefore = found.some((each) => each.software !== true && each.checks[0]?.status === 'passed');
      const unavailable =
        candidate.unavailable ??
        (candidate.software && gpuBefore ? 'a GPU was checked, so software need not be' : undefined);
      const job = { device, quick: options.quick, folder };
      const first = { ...job, check: 'adapter', software: candidate.software === true, bundle: '' };
      if (unavailable !== undefined) {
        await skip('adapter', unavailable);
        continue;
      }
      const adapter = await checkInChildProcess(first, candidate.environment, minutesLeft());
      await note(adapter);
      if (adapter.status !== 'passed') continue;
      // What the process had loaded counts for more than what the driver is called.
      if (device === 'webgpu') report.software = softwareOf(candidate, adapter);
      bundle ??= await trainSmallBundle(folder, 'squeeze');
      for (const check of CHECKS) {
        if (check === THROUGHPUT && device !== 'cuda') continue;
        if (60 * minutesLeft() < LEAST_SECONDS) {
          await skip(
            check,
            `no time was left of ${options.minutes} minutes; run again with --minutes, or --device`,
          );
          continue;
        }
        // What is not known to be a GPU is not given a GPU's work.
        const software = report.software !== false;
        const environment = environmentOf(candidate, check);
        await note(
          await checkInChildProcess({ ...job, check, software, bundle }, environment, minutesLeft()),
        );
      }
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** True when either says so; false only when the process had a driver that is known to be none in software. */
export function softwareOf({ software }: Pick<Candidate, 'software'>, adapter: Check): boolean | null {
  const seen = adapter.figures.software;
  if (software === true || seen === true) return true;
  return seen === false ? false : null;
}

function environmentOf({ environment, device }: Candidate, check: string): Environment {
  const golden = check === 'golden' || check === 'training trace';
  return {
    ...environment,
    ...(golden && { CFLOW_GOLDEN_DEVICE: device }),
    // These open sessions by themselves.
    ...(golden && device === 'cuda' && { NVIDIA_TF32_OVERRIDE: '0' }),
    CFLOW_PRECISION_MODE: check === THROUGHPUT ? 'throughput' : 'exact',
  };
}

async function findCandidates(folder: string): Promise<Candidate[]> {
  const devices = await nodeDevices();
  const reasonFor = (device: CheckedDevice): Promise<string | undefined> | undefined =>
    devices.find((each) => each.device === device)?.unavailable?.();
  const cuda: Candidate = {
    device: 'cuda',
    driver: 'libonnxruntime_providers_cuda.so',
    software: false,
    environment: process.env,
    unavailable: await reasonFor('cuda'),
  };
  if (process.platform !== 'linux') {
    const native: Candidate = {
      device: 'webgpu',
      driver: process.platform === 'darwin' ? 'Metal' : 'Direct3D 12',
      // Nothing here tells a card from software on these.
      software: null,
      environment: process.env,
    };
    return [cuda, native];
  }
  const choices = await vulkanChoices(folder);
  if (choices.length > 0) return [cuda, ...choices.map(vulkanCandidate)];
  return [
    cuda,
    {
      device: 'webgpu',
      driver: 'none',
      software: null,
      environment: process.env,
      unavailable: `${await reasonFor('webgpu')}; and there is no SwiftShader (Debian package chromium)`,
    },
  ];
}

function vulkanCandidate({ library, software, environment }: VulkanChoice): Candidate {
  return { device: 'webgpu', driver: library, software, environment: { ...process.env, ...environment } };
}
