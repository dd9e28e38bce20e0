// What hangs in native code, and a device that is lost: others are answered, readiness tells, and the process ends in its
// time, with the exit code that docs/serving.md names.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningScript, startScript } from '../support/start-script.js';
import { createJob, quickJob, readJob } from './service-client.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

const DRAIN_SECONDS = 2;
let folder: string;
let script: RunningScript | undefined;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-hang-'));
});
afterEach(async () => {
  script?.child.kill('SIGKILL');
  await service?.kill('SIGKILL');
  script = undefined;
  service = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function start(how: string, deadMs = 60_000, endMs = 90_000): Promise<string> {
  const args = [how, folder, DRAIN_SECONDS, deadMs, endMs].map(String);
  script = startScript(new URL('./failing-service.ts', import.meta.url), args);
  const { child } = script;
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (data: Buffer) => resolve(data.toString().trim()));
    void script?.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
}

const status = async (url: string): Promise<number> => (await fetch(url)).status;
async function predict(url: string, name: string): Promise<{ status: number; retryAfter: string | null }> {
  const { status, headers } = await fetch(`${url}/v1/detectors/${name}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: await encodePng(testImage(1)),
  });
  return { status, retryAfter: headers.get('retry-after') };
}

/** Ends it as hosts do, and tells how it ended and after how many seconds. */
async function terminate(running: RunningScript | ServiceProcess) {
  const began = performance.now();
  running.child.kill('SIGTERM');
  await running.ended;
  const { exitCode, signalCode } = running.child;
  return { exitCode, signalCode, seconds: (performance.now() - began) / 1000 };
}

describe('a detector that hangs in native code', () => {
  it('is answered 503 and refused in the end, others are answered, and SIGTERM ends the process in its time', async () => {
    const url = await start('hang');
    for (let time = 0; time < 3; time++) {
      const [bad, good] = await Promise.all([predict(url, 'bad'), predict(url, 'good')]);
      expect(bad).toMatchObject({ status: 503, retryAfter: expect.any(String) });
      expect(good.status).toBe(200);
    }
    const refused = await predict(url, 'bad');
    expect(refused.status).toBe(503);
    expect(Number(refused.retryAfter)).toBeGreaterThan(10);
    expect(await status(`${url}/readyz`)).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^cflow_lanes_hanging 3$/m);
    expect(metrics).toMatch(/^cflow_detectors_refused 1$/m);
    const { exitCode, signalCode, seconds } = await terminate(script as RunningScript);
    // Threads that hang can only be killed with their process.
    expect({ exitCode, signalCode }).toEqual({ exitCode: null, signalCode: 'SIGKILL' });
    expect(seconds).toBeLessThan(DRAIN_SECONDS + 4);
  });
});

describe('a device that hangs', () => {
  it('is neither ready nor, after a while, alive, and the process ends for another to take its place', async () => {
    const url = await start('all', 1000, 6000);
    const answers = [];
    for (let time = 0; time < 4; time++) answers.push((await predict(url, 'good')).status);
    expect(answers.every((each) => each === 503)).toBe(true);
    await vi.waitFor(async () => expect(await status(`${url}/readyz`)).toBe(503), 20_000);
    await vi.waitFor(async () => expect(await status(`${url}/livez`)).toBe(503), 20_000);
    const { stderr } = await (script as RunningScript).ended;
    expect(stderr).toMatch(/"exitCode":71/);
    // Threads hang in it, so that it must be killed.
    expect((script as RunningScript).child.signalCode).toBe('SIGKILL');
  });
});

describe('a device that is lost', () => {
  it('makes the service unready at once, accepted requests retryable, keeps accepted jobs, and ends the process with 70', async () => {
    const url = await start('lost');
    const jobs: string[] = [];
    for (let i = 0; i < 2; i++) jobs.push((await createJob(url, quickJob('data-sets/none.zip'))).id);
    const answers = await Promise.all(Array.from({ length: 4 }, () => predict(url, 'good')));
    for (const { status: code, retryAfter } of answers) {
      expect(code).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const { code, stderr } = await (script as RunningScript).ended;
    expect(code).toBe(70);
    expect(stderr).toMatch(/lost to this process/);
    // Whoever takes its place finds every job that it has accepted.
    service = await startServiceProcess(['--store', join(folder, 'store'), '--train', 'elsewhere'], {});
    await service.ready();
    for (const id of jobs) expect(await readJob(service.url, id)).toMatchObject({ id, status: 'queued' });
  });
});

describe.skipIf(process.platform !== 'linux')('cflow serve, whose lane hangs', () => {
  it('replaces its process, and ends with 0 when it is told to while it hangs', async () => {
    const bundle = join(folder, 'wood.cflow');
    await writeFolderBundle(bundle, await makeBundle({ name: 'wood' }));
    service = await startServiceProcess([bundle, '--store', join(folder, 'store'), '--train', 'off'], {
      CFLOW_RUN_TIMEOUT_SECONDS: '2',
      CFLOW_DRAIN_SECONDS: String(DRAIN_SECONDS),
      CFLOW_LANES: '1',
    });
    const { url, child, ready } = service;
    await ready();
    const lanes = (): number[] =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number);
    expect((await predict(url, 'wood')).status).toBe(200);
    const [first] = lanes();
    process.kill(first as number, 'SIGSTOP');
    expect((await predict(url, 'wood')).status).toBe(503);
    expect((await predict(url, 'wood')).status).toBe(200);
    const [second] = lanes();
    expect(second).not.toBe(first);
    process.kill(second as number, 'SIGSTOP');
    const hung = predict(url, 'wood').catch(() => undefined);
    const { exitCode, seconds } = await terminate(service);
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(DRAIN_SECONDS + 4);
    await hung;
  });
});
