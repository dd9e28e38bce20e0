import type { Tensor } from '@cflow/onnx';
import { BundleError, ConfigurationError, DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { Session } from '../session.js';
import { arithmeticModel, count, doublingLoopModel, slowModel, vector } from './models.js';
import type { ConformanceContext } from './options.js';

export function describeRefusals(context: ConformanceContext): void {
  describe('refusals', () => {
    const a: Tensor = { type: 'float32', dims: [1, 3], data: new Float32Array(3) };

    it('feeds that do not fit, in the words of the model', async () => {
      const session = await context.runtime().createSession({ model: arithmeticModel() });
      await refused(session, { a }, /inputs "a", "b".*missing: "b"/);
      await refused(session, { a, b: a, c: a }, /unknown: "c"/);
      await refused(session, { a, b: { ...a, type: 'int32' } }, /"b" is float32 \[batch, 3\].*int32/);
      await refused(session, { a, b: { ...a, dims: [3] } }, /"b" is float32 \[batch, 3\].*\[3\]/);
      await refused(session, { a, b: { ...a, dims: [3, 1] } }, /"b" is float32 \[batch, 3\].*\[3, 1\]/);
      await refused(session, { a, b: { ...a, dims: [2, 3] } }, /needs 6 elements, given were 3/);
      await refused(session, { a, b: { ...a, dims: [-1, 3] } }, /\[-1, 3\] is not a shape/);
      await refused(session, { a, b: { ...a, data: new Float64Array(3) } }, /Float32Array.*Float64Array/);
      const b: Tensor = { type: 'float32', dims: [2, 3], data: new Float32Array(6) };
      await refused(session, { a, b }, /"batch" was 1 in input "a"/);
      await session.dispose();
    });

    it('outputs that do not exist', async () => {
      const session = await context.runtime().createSession({ model: arithmeticModel() });
      const run = session.run({ a, b: a }, { fetches: ['sum', 'quotient'] });
      await expect(run).rejects.toThrow(/outputs "sum", "product".*"quotient"/);
      await expect(session.run({ a, b: a }, { fetches: [] })).rejects.toThrow(ConfigurationError);
      await session.dispose();
    });

    it('bytes that are not model', async () => {
      const model = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 256);
      const creation = context.runtime().createSession({ model });
      await expect(creation).rejects.toThrow(BundleError);
    });

    it('options that make no sense', async () => {
      const creation = context.runtime().createSession({ model: arithmeticModel() }, { threads: 0 });
      await expect(creation).rejects.toThrow(ConfigurationError);
    });

    it('runs after dispose, of the session and of the runtime', async () => {
      const runtime = await context.create();
      const [one, two] = await Promise.all(
        [0, 1].map(() => runtime.createSession({ model: doublingLoopModel() })),
      );
      const feeds = { x: vector(1, 1), count: count(1) };
      await one!.dispose();
      await one!.dispose();
      await expect(one!.run(feeds)).rejects.toThrow(DeviceError);
      expect((await two!.run(feeds)).y?.data).toEqual(Float32Array.of(2, 2));
      await runtime.dispose();
      await runtime.dispose();
      await expect(two!.run(feeds)).rejects.toThrow(DeviceError);
      await expect(runtime.createSession({ model: doublingLoopModel() })).rejects.toThrow(DeviceError);
    });

    it('a session that was still being made when the runtime was disposed', async () => {
      const runtime = await context.create();
      const creation = runtime.createSession({ model: doublingLoopModel() }).catch((error: unknown) => error);
      await runtime.dispose();
      expect(await creation).toBeInstanceOf(DeviceError);
    });

    it('queued runs when the session is disposed; the one that runs ends well', async () => {
      const session = await context.runtime().createSession({ model: slowModel(16) });
      const x: Tensor = { type: 'float32', dims: [16, 16], data: new Float32Array(256) };
      const running = session.run({ x, count: count(500) });
      // One turn of the event loop, so that the first has started.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const queued = session.run({ x, count: count(1) });
      const disposed = session.dispose();
      expect((await running).y?.dims).toEqual([16, 16]);
      await expect(queued).rejects.toThrow(/disposed/);
      await disposed;
    });
  });
}

async function refused(session: Session, feeds: Record<string, Tensor>, message: RegExp): Promise<void> {
  const error = await session.run(feeds).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as Error).message).toMatch(message);
}
