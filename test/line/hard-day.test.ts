// A day on which everything happens: kills, a full disk, a broker that is away. CFLOW_TEST_LINE=full takes a thousand pictures,
// ten kills and a minute without the broker; without it, a few of each.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkplace, TINY, type Workplace } from '../../packages/cli/src/testing/workplace.js';
import { missingMosquitto, startMosquitto } from '../../packages/line/src/testing/mosquitto.js';
import { cuttableProxy } from './cuttable-proxy.js';

const CFLOW = fileURLToPath(new URL('../../packages/cli/bin/cflow.js', import.meta.url));
const FULL = process.env.CFLOW_TEST_LINE === 'full';
const [PICTURES, KILLS, AWAY_MS] = FULL ? [1000, 10, 60_000] : [80, 3, 1500];
const run = promisify(execFile);

let place: Workplace;
let picture: Buffer;
let disk: string;
let smallDisk: string | undefined;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  place = await createWorkplace();
  const { code, stderr } = await place.cflow('train', 'brushed-metal', ...TINY, '--output', 'metal.cflow');
  expect(code, stderr).toBe(0);
  picture = await readFile(join(place.dataSet, 'test/good/000.png'));
  disk = join(place.path, 'disk');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]).then(
    () => {
      smallDisk = disk;
    },
    (error: Error) =>
      console.warn(`without a full disk, since none can be made here: ${error.message.trim()}`),
  );
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
  if (smallDisk !== undefined) await run('umount', ['--lazy', smallDisk]);
  await place.remove();
});

/** The rows of the files of one sink, first to last. */
async function linesOf(folder: string, name: string, extension: string): Promise<string[]> {
  const part = new RegExp(`^${name}(?:-(\\d+))?\\.${extension}$`);
  const files = (await readdir(folder)).filter((file) => part.test(file));
  files.sort((a, b) => Number(part.exec(a)?.[1] ?? 1) - Number(part.exec(b)?.[1] ?? 1));
  const lines: string[] = [];
  for (const file of files)
    lines.push(...(await readFile(join(folder, file), 'utf8')).trimEnd().split(/\r?\n/));
  return lines;
}

/** All messages of the line, by a receiver that never lost the broker; and a way to it that can be cut. */
async function broker() {
  const server = await startMosquitto();
  ends.push(() => server.close());
  const ids: string[] = [];
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.port}`);
  ends.push(() => client.endAsync(true));
  client.on('message', (_, payload) => ids.push((JSON.parse(payload.toString()) as { id: string }).id));
  await client.subscribeAsync('line/result', { qos: 1 });
  return { ids, proxy: await cuttableProxy(server.port) };
}

it(
  `has each of ${PICTURES} pictures exactly once in files, in order, and at least once at the broker, though it is killed ${KILLS} times, a disk is full and the broker away ${missingMosquitto ?? ''}`,
  async () => {
    const incoming = join(place.path, 'incoming');
    await mkdir(incoming);
    const { ids, proxy } = missingMosquitto ? { ids: [], proxy: undefined } : await broker();
    const args = [
      ...['watch', 'incoming', '--detector', 'metal.cflow', '--device', 'cpu', '--threads', '1', '--json'],
      ...['--settle', '50', '--to', 'csv:disk/v.csv', '--to', 'jsonl:v.jsonl', '--rotate', '20kB'],
      ...(proxy ? ['--to', `mqtt://127.0.0.1:${proxy.port}/line`] : []),
    ];
    let stderr = '';
    const start = (...more: string[]): { child: ChildProcess; ended: Promise<unknown> } => {
      const child = spawn(process.execPath, [CFLOW, ...args, ...more], {
        cwd: place.path,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      ends.push(() => child.kill('SIGKILL'));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
      return { child, ended };
    };
    const names = Array.from({ length: PICTURES }, (_, i) => `${String(i).padStart(4, '0')}.png`);
    // Each process has pictures of its own to begin with: one that finds all of them scored says nothing.
    let released = 0;
    const release = (): void => {
      released += Math.ceil(PICTURES / (KILLS + 1));
    };
    const writing = (async () => {
      for (const [i, name] of names.entries()) {
        while (i >= released) await sleep(5);
        await writeFile(join(incoming, `.${name}`), picture);
        await rename(join(incoming, `.${name}`), join(incoming, name));
        await sleep(FULL ? 60 : 20);
      }
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      release();
      const { child, ended } = start();
      // At any moment from the first result on.
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await sleep(Math.random() * (FULL ? 4000 : 400));
      if (kill === 1) await proxy?.cut();
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
    }
    release();
    const { child, ended } = start();
    child.stdout?.resume();
    if (proxy) {
      await expect.poll(() => stderr, { timeout: 60_000 }).toMatch(/mqtt:.* cannot be reached/);
      await sleep(AWAY_MS);
      await proxy.mend();
    }
    await writing;
    if (smallDisk !== undefined) {
      await expect
        .poll(() => stderr, { timeout: 60_000 })
        .toMatch(/csv:.* cannot be reached, .*the disk is full/);
      await run('mount', ['-o', 'remount,size=100m', smallDisk]);
    }
    await expect
      .poll(async () => (await linesOf(place.path, 'v', 'jsonl')).length, {
        timeout: FULL ? 600_000 : 60_000,
      })
      .toBe(PICTURES);
    child.kill('SIGTERM');
    await ended;
    const last = start('--once');
    last.child.stdout?.resume();
    expect(await last.ended, stderr).toBe(0);

    const results = (await linesOf(place.path, 'v', 'jsonl')).map((line) => JSON.parse(line));
    expect(results.map(({ name }) => name)).toEqual(names);
    expect(results.map(({ sequence }) => sequence)).toEqual(names.map((_, i) => i + 1));
    const rows = (await linesOf(disk, 'v', 'csv')).filter((line) => !line.startsWith('id,'));
    expect(rows.map((row) => row.split(',')[5])).toEqual(names);
    if (!proxy) return;
    const expected = results.map(({ id }) => id as string);
    await expect.poll(() => new Set(ids).size, { timeout: 10_000 }).toBe(PICTURES);
    // Whatever came twice, each came for the first time in order.
    expect([...new Set(ids)]).toEqual(expected);
  },
  FULL ? 1_800_000 : 240_000,
);
