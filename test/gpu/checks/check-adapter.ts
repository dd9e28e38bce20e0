import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { checkProbe, deviceProbes } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { CflowError } from '@cflow/spec';
import { reasonOf } from '../../../packages/runtime/src/reason-of.js';
import { loadedDrivers } from '../loaded-drivers.js';
import type { CheckedDevice } from './checked-device.js';
import { Failed, NotHere, type Outcome } from './outcome.js';

/** Whether the device opens and computes, and which drivers the process then has: in this thread, so that it has them. */
export async function checkAdapter(device: CheckedDevice): Promise<Outcome> {
  const runtime = createNodeRuntime({ device, worker: false });
  let largest = 0;
  try {
    for (const { name, model, probe, strictDevice } of await deviceProbes()) {
      // CUDA has a Loop of its own, WebGPU has none.
      const session = await runtime.createSession(
        { model },
        { strictDevice: strictDevice || device === 'cuda' },
      );
      const { reason, largestDifference } = await checkProbe(session, probe);
      if (reason !== undefined)
        throw new Failed(`the probe graph "${name}" gives wrong numbers: ${reason}`, {});
      largest = Math.max(largest, largestDifference);
      await session.dispose();
    }
  } catch (error) {
    const reason = CflowError.isInstance(error) ? reasonOf(error) : (error as Error).message;
    if (/no WebGPU adapter/.test(reason)) throw new NotHere(`this driver finds no card: ${reason}`);
    throw new Error(reason, { cause: error });
  } finally {
    await runtime.dispose();
  }
  const { libraries, software } = await loadedDrivers();
  const figures: Outcome['figures'] = { largestDifference: largest, loadedDrivers: libraries };
  if (software !== null) figures.software = software;
  if (device === 'webgpu') Object.assign(figures, await vulkanInfo());
  const seen = libraries.length > 0 ? libraries.join(', ') : 'no driver that is known by name';
  return { reason: `opened and computed the probe graphs; the process had loaded ${seen}`, figures };
}

/** The name of the card by `vulkaninfo`, where it is installed; it is given the same driver as this process. */
async function vulkanInfo(): Promise<Record<string, string>> {
  const run = promisify(execFile)('vulkaninfo', ['--summary'], { timeout: 30_000 });
  const { stdout } = await run.catch(() => ({ stdout: '' }));
  return readVulkanInfo(stdout);
}

export function readVulkanInfo(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const field of ['deviceName', 'deviceType', 'driverName', 'driverInfo']) {
    const value = new RegExp(`^\\s*${field}\\s*=\\s*(.+)$`, 'm').exec(text)?.[1];
    if (value !== undefined) found[field] = value.trim();
  }
  return found;
}
