import type { DeviceCandidate, DeviceReport } from './device-candidate.js';
import { deviceProbes } from './device-probes.js';
import { checkProbe } from './golden-probe.js';
import { reasonOf } from './reason-of.js';

/** Runs the built-in probe graphs on a device. Never rejects: what went wrong is the report's reason. */
export async function testDevice(candidate: DeviceCandidate): Promise<DeviceReport> {
  const start = performance.now();
  const report = (available: boolean, reason: string | undefined): DeviceReport => ({
    device: candidate.device,
    description: candidate.description,
    available,
    ...(reason !== undefined && { reason }),
    timeMs: Math.round(performance.now() - start),
  });
  try {
    const reason = (await candidate.unavailable?.()) ?? (await probesFail(candidate));
    if (reason !== undefined) return report(false, reason);
    return report(true, await candidate.unattractive?.());
  } catch (error) {
    return report(false, reasonOf(error));
  }
}

async function probesFail(candidate: DeviceCandidate): Promise<string | undefined> {
  const probes = await deviceProbes();
  const runtime = await candidate.createRuntime();
  try {
    for (const { model, probe, strictDevice } of probes) {
      const session = await runtime.createSession({ model }, { strictDevice });
      const { reason } = await checkProbe(session, probe);
      if (reason !== undefined) return `gives wrong numbers: ${reason}`;
      await session.dispose();
    }
    return undefined;
  } finally {
    await runtime.dispose();
  }
}
