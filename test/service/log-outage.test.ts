// The service with a log that nobody takes: it answers all the same, ends when it is told to, and says what was dropped.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

const unix = process.platform === 'linux';
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** As long as it may be: each answer is a line of the log with it. */
const LONG_ID = 'r'.repeat(128);
let folder: string;
let service: ServiceProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-log-'));
});
afterEach(async () => {
  await service?.kill('SIGKILL');
  service = undefined;
});
afterAll(async () => {
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
});

const start = async (logTo: 'pipe' | number): Promise<ServiceProcess> => {
  service = await startServiceProcess(
    ['--store', join(folder, 'store'), '--train', 'off', '--preload', 'none'],
    {},
    logTo === 'pipe' ? {} : { log: logTo },
  );
  await service.ready();
  return service;
};

function ask(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'x-request-id': LONG_ID } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

/** Statuses of so many requests, each of which is logged. */
async function askOften(url: string, times: number): Promise<Set<number | undefined>> {
  const statuses = new Set<number | undefined>();
  let left = times;
  const some = async (): Promise<void> => {
    while (left-- > 0) statuses.add(await ask(`${url}/v1/detectors`));
  };
  await Promise.all(Array.from({ length: 16 }, some));
  return statuses;
}

async function dropped(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^cflow_log_dropped_total (\d+)$/m.exec(text)?.[1]);
}

describe.runIf(unix)('the service answers, and ends when it is told to, while its log', () => {
  it('goes to a disk that is full', async () => {
    const full = openSync('/dev/full', constants.O_WRONLY);
    const { url, kill } = await start(full);
    closeSync(full);
    expect(await askOften(url, 1000)).toEqual(new Set([200]));
    expect(await kill()).toEqual({ code: 0, signal: null });
  });

  it('goes to a pipe whose reader has gone', async () => {
    const { url, kill, child } = await start('pipe');
    child.stderr?.destroy();
    expect(await askOften(url, 1000)).toEqual(new Set([200]));
    expect(await kill()).toEqual({ code: 0, signal: null });
  });

  it('goes to a pipe that nobody reads: what does not fit is dropped, counted, and told when somebody reads again', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writing = openSync(path, constants.O_WRONLY);
    const { url, kill } = await start(writing);
    closeSync(writing);
    expect(await askOften(url, 17_000)).toEqual(new Set([200]));
    const lost = await dropped(url);
    expect(lost).toBeGreaterThan(0);

    let text = '';
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const read = new Promise((resolve) => reader.once('close', resolve));
    reader.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    while (!text.includes('"dropped"')) {
      expect(await ask(`${url}/v1/detectors`)).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Entries of the requests that waited for the reader may have been dropped as well.
    const lostInAll = await dropped(url);
    expect(lostInAll).toBeGreaterThanOrEqual(lost);
    expect(await kill()).toEqual({ code: 0, signal: null });
    closeSync(reading);
    await read;
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const told = lines.flatMap(({ dropped: count }) => (count === undefined ? [] : [count as number]));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(lostInAll);
    expect(lines.at(-1)).toMatchObject({ msg: 'ended' });
  });

  it('and a pipe that nobody reads does not hold up its end', async () => {
    const { url, kill, child } = await start('pipe');
    child.stderr?.removeAllListeners('data').pause();
    expect(await askOften(url, 4000)).toEqual(new Set([200]));
    expect(await kill()).toEqual({ code: 0, signal: null });
  });
});
