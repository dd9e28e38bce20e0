import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { count, doublingLoopModel, identityModel, slowModel, vector } from '../conformance/models.js';
import { createRuntime } from '../create-runtime.js';
import { createNodeRuntime, startWorker } from './create-node-runtime.js';
import { WorkerEngine } from './worker-engine.js';

const SIZE = 64;
const slowFeeds = (times: number) => ({
  x: { type: 'float32' as const, dims: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE) },
  count: count(times),
});

describe('a worker that dies', () => {
  // A message that is none is a fault like any other that nobody foresaw: it ends the thread.
  const killer = (): { start: typeof startWorker; kill(): void } => {
    let worker: Worker;
    return {
      start: (settings) => {
        worker = startWorker(settings);
        return worker;
      },
      kill: () => worker.postMessage(null),
    };
  };

  it('rejects pending and later calls with a retryable DeviceError and says so', async () => {
    const { start, kill } = killer();
    const runtime = createRuntime('cpu', new WorkerEngine('cpu', start));
    const session = await runtime.createSession({ model: slowModel(SIZE) });
    expect(runtime.failure).toBeUndefined();
    kill();
    const pending = [session.run(slowFeeds(1)), session.run(slowFeeds(1))].map((run) =>
      run.catch((error: unknown) => error),
    );
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(DeviceError);
      expect(error).toMatchObject({ code: 'device', retryable: true });
      expect((error as Error).message).toMatch(/thread stopped/);
    }
    expect(runtime.failure).toMatchObject({ retryable: true });
    await expect(session.run(slowFeeds(1))).rejects.toBe(runtime.failure);
    await expect(runtime.createSession({ model: doublingLoopModel() })).rejects.toBe(runtime.failure);
    await runtime.dispose();
  });
});

describe('terminate', () => {
  it('rejects at once, long before the run ends, and leaves the process alive', async () => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    const session = await runtime.createSession({ model: slowModel(SIZE) });
    const started = performance.now();
    await session.run(slowFeeds(20_000));
    const duration = performance.now() - started;
    const run = session.run(slowFeeds(20_000)).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const asked = performance.now();
    const terminated = runtime.terminate();
    expect(await run).toMatchObject({ code: 'device', retryable: true });
    expect(performance.now() - asked).toBeLessThan(duration / 2);
    await terminated;
    await runtime.terminate();
    await runtime.dispose();
    await expect(session.run(slowFeeds(1))).rejects.toThrow(/terminated|disposed/);
  });
});

describe('memory across the thread', () => {
  it('feeds stay whole unless they are given away', async () => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    const session = await runtime.createSession({ model: identityModel('float32', [3]) });
    const x = vector(1, 2, 3);
    await session.run({ x });
    expect(x.data).toEqual(Float32Array.of(1, 2, 3));
    const { y } = await session.run({ x }, { consumeFeeds: true });
    expect(y?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(x.data.length).toBe(0);
    await runtime.dispose();
  });

  it('a part of a larger array is copied even then, and so is shared memory', async () => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    const session = await runtime.createSession({ model: identityModel('float32', [2]) });
    const whole = Float32Array.of(1, 2, 3);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([4, 5]);
    for (const [data, expected] of [
      [whole.subarray(1), [2, 3]],
      [shared, [4, 5]],
    ] as const) {
      const x = { type: 'float32' as const, dims: [2], data };
      const { y } = await session.run({ x }, { consumeFeeds: true });
      expect([...(y!.data as Float32Array)]).toEqual(expected);
      expect(data.length).toBe(2);
    }
    await runtime.dispose();
  });
});

describe('the process', () => {
  const runScript = (body: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', body], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      timeout: 30_000,
    });
  const model = Buffer.from(doublingLoopModel()).toString('base64');
  const open = `
    import { createNodeRuntime } from '@cflow/runtime/node';
    const runtime = createNodeRuntime({ device: 'cpu' });
    const session = await runtime.createSession({ model: Buffer.from('${model}', 'base64') });
    const x = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) };
    const count = { type: 'int64', dims: [], data: BigInt64Array.of(3n) };
    const { y } = await session.run({ x, count });
    console.log(String(y.data));
  `;

  it('is kept alive by pending work, and by nothing else', async () => {
    expect(await runScript(open)).toEqual({ stdout: '8,16\n', stderr: '' });
  });

  it('ends cleanly after dispose', async () => {
    const { stdout, stderr } = await runScript(`${open} await runtime.dispose(); console.log('disposed');`);
    expect([stdout, stderr]).toEqual(['8,16\ndisposed\n', '']);
  });

  it.each([
    ['process.exit(3)', 3, /^$/],
    ['throw new Error("boom")', 1, /boom/],
  ])('ends with its own code by %s in the middle of a run', async (statement, code, stderr) => {
    const body = `${open}
      const long = session.run({ x, count: { ...count, data: BigInt64Array.of(200_000n) } });
      long.then(() => console.log('the run was over too early'), () => undefined);
      setTimeout(() => { ${statement} }, 20);`;
    const ending = await runScript(body).catch((error: unknown) => error);
    expect(ending).toMatchObject({ code, stdout: '8,16\n', stderr: expect.stringMatching(stderr) });
  });
});
