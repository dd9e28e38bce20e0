import type { Tensor } from '@cflow/onnx';
import { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { DeviceCandidate } from '../device-candidate.js';
import { deviceProbes } from '../device-probes.js';
import { checkProbe, type GoldenProbe } from '../golden-probe.js';
import { openSession } from '../open-session.js';
import type { Runtime } from '../runtime.js';
import { selectDevice } from '../select-device.js';
import type { Session } from '../session.js';
import { testDevice } from '../test-device.js';
import { exponentialModel, vector } from './models.js';
import type { ConformanceContext } from './options.js';

export function describeProbes(context: ConformanceContext): void {
  const model = exponentialModel();
  const x = vector(0, 0.5, 1);
  const probe: GoldenProbe = {
    feeds: { x },
    expected: { y: vector(1, Math.exp(0.5), Math.E) },
    absoluteTolerance: 0,
    relativeTolerance: 10 * context.tolerance,
  };
  const candidate = (description: string, distort?: (y: Float32Array) => void): DeviceCandidate => ({
    device: context.runtime().device,
    description,
    createRuntime: async () => (distort ? distorted(await context.create(), distort) : context.create()),
  });
  const offByAHundredth = (y: Float32Array): void =>
    y.forEach((value, i) => {
      y[i] = value + 1e-2;
    });

  describe('the golden probe', () => {
    it('passes where the numbers are right', async () => {
      const session = await context.runtime().createSession({ model });
      const result = await checkProbe(session, probe);
      expect(result).toMatchObject({ passed: true, output: 'y' });
      expect(result.largestDifference).toBeLessThan(10 * context.tolerance * Math.E);
      await session.dispose();
    });

    it('is failed by a NaN and by an infinity', async () => {
      const session = await context.runtime().createSession({ model });
      // A GPU need not keep NaN: WGSL lets a shader assume that there are none. What comes is not finite all the same.
      for (const bad of [Number.NaN, 1000]) {
        const result = await checkProbe(session, { ...probe, feeds: { x: vector(0, bad, 1) } });
        expect(result).toMatchObject({ passed: false, largestDifference: Infinity, output: 'y' });
        expect(result.reason).toMatch(/has NaN or infinite numbers/);
      }
      await session.dispose();
    });

    it('refuses a device whose numbers are off and the next one is taken', async () => {
      const wrong = candidate('a wrong one', offByAHundredth);
      const right = candidate('the right one');
      const selected = await selectDevice('auto', [wrong, right], async (each) => ({
        ...(await openSession(each, { model }, probe)),
        description: each.description,
      }));
      expect(selected.result.description).toBe('the right one');
      expect(selected.refused).toEqual([
        { device: wrong.device, reason: expect.stringMatching(/golden probe failed: output "y" is wrong/) },
      ]);
      await selected.result.runtime.dispose();
    });

    it('lists every attempt when no device passes', async () => {
      const candidates = [candidate('off', offByAHundredth), candidate('NaN', (y) => y.fill(Number.NaN))];
      const selection = selectDevice('auto', candidates, (each) => openSession(each, { model }, probe));
      const error = await selection.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).attempts.map(({ reason }) => reason)).toEqual([
        expect.stringMatching(/is wrong: it is off by/),
        expect.stringMatching(/has NaN or infinite numbers/),
      ]);
      expect((error as Error).message).toMatch(/is off by[\s\S]*has NaN/);
    });
  });

  describe('the test of a device', () => {
    it('passes', async () => {
      const report = await testDevice(candidate('as it is'));
      expect(report).toMatchObject({ available: true, device: context.runtime().device });
      expect(report.timeMs).toBeGreaterThan(0);
    });

    it('is failed by one number that is off', async () => {
      const report = await testDevice(candidate('distorted', (y) => y.set([y[0]! + 0.1])));
      expect(report).toMatchObject({ available: false, reason: expect.stringMatching(/wrong numbers/) });
    });

    it('runs graphs of its own, wholly on the device where it can be asked for', async () => {
      for (const { model, probe, strictDevice } of await deviceProbes()) {
        const session = await context.runtime().createSession({ model }, { strictDevice });
        expect(await checkProbe(session, probe)).toMatchObject({ passed: true });
        await session.dispose();
      }
    });
  });
}

/** The runtime as a faulty device would be: every float32 output is changed before anyone sees it. */
function distorted(runtime: Runtime, distort: (values: Float32Array) => void): Runtime {
  const distortedSession = (session: Session): Session => ({
    device: session.device,
    inputs: session.inputs,
    outputs: session.outputs,
    dispose: () => session.dispose(),
    async run(feeds, options) {
      const outputs = await session.run(feeds, options);
      for (const { type, data } of Object.values(outputs) as Tensor[]) {
        if (type === 'float32') distort(data as Float32Array);
      }
      return outputs;
    },
  });
  return {
    device: runtime.device,
    get failure() {
      return runtime.failure;
    },
    createSession: async (source, options) => distortedSession(await runtime.createSession(source, options)),
    dispose: () => runtime.dispose(),
  };
}
