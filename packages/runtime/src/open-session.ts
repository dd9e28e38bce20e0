import { DeviceError } from '@cflow/spec';
import type { DeviceCandidate } from './device-candidate.js';
import { checkProbe, type GoldenProbe, type ProbeResult } from './golden-probe.js';
import type { ModelSource, Runtime, SessionOptions } from './runtime.js';
import type { Session } from './session.js';

export interface OpenedSession {
  /** Made for this session alone; disposing it disposes the session too. */
  runtime: Runtime;
  session: Session;
  probe: ProbeResult;
}

/**
 * A model on a device, after it has passed its golden probe there: the attempt to give to `selectDevice`. Rejects
 * with DeviceError, leaving nothing behind, when the device cannot run the model or gives other numbers.
 */
export async function openSession(
  candidate: DeviceCandidate,
  source: ModelSource,
  probe: GoldenProbe,
  options?: SessionOptions,
): Promise<OpenedSession> {
  const runtime = await candidate.createRuntime();
  try {
    const session = await runtime.createSession(source, options);
    const result = await checkProbe(session, probe);
    if (result.reason !== undefined) {
      throw new DeviceError('the device gives wrong numbers', [
        { device: candidate.device, reason: `golden probe failed: ${result.reason}` },
      ]);
    }
    return { runtime, session, probe: result };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
