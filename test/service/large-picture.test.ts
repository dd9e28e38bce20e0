// A large picture, made by code, from the command line and over HTTP, by a detector that sees it in tiles. As large as a camera of
// 24 megapixels makes them with CFLOW_TEST_LARGE=full, which prints what it took.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/src/testing/run-cli.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

const FULL = process.env.CFLOW_TEST_LARGE === 'full';
const [WIDTH, HEIGHT] = FULL ? [6000, 4000] : [2400, 1600];
/** What the detector sees of a picture, and where the defect is, as shares of its sides. */
const INPUT = [256, 384] as const;
const DEFECT = { left: 0.7, top: 0.2, width: 0.05, height: 0.075 };

let folder: string;
let service: ServiceProcess | undefined;
const at = (name: string): string => join(folder, name);

/** A surface of waves and noise, which looks the same at every size. */
async function render(path: string, width: number, height: number, seed: number, bad = false): Promise<void> {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const [v, inRows] = [y / height, inside(y / height, DEFECT.top, DEFECT.height)];
    const row = Math.floor(v * INPUT[0]) * INPUT[1];
    for (let x = 0; x < width; x++, i += 3) {
      const u = x / width;
      const defect = bad && inRows && inside(u, DEFECT.left, DEFECT.width);
      const noise = Math.imul(row + Math.floor(u * INPUT[1]) + 7919 * seed, 2654435761) >>> 29;
      const value = defect ? 235 : 110 + 30 * Math.sin(40 * u + seed) * Math.cos(27 * v) + noise;
      data[i] = value;
      data[i + 1] = value * 0.9;
      data[i + 2] = value * 0.8;
    }
  }
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(path);
}
const inside = (at: number, start: number, length: number): boolean => at >= start && at < start + length;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-large-'));
  await mkdir(at('good'));
  for (let i = 0; i < 6; i++) await render(at(`good/${i}.png`), INPUT[1], INPUT[0], i);
  await render(at('large.png'), WIDTH, HEIGHT, 3, true);
  await render(at('small.png'), INPUT[1], INPUT[0], 3, true);
  const { code, stderr } = await runCli(
    [
      ...['train', 'good', '--name', 'line', '--geometry', 'tiles', '--input-size', INPUT.join('x')],
      ...['--tile-size', '128', '--device', 'cpu', '--threads', '2', '--no-evaluate'],
    ],
    { cwd: folder },
  );
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(async () => {
  await service?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  path?: string;
  score: number;
  imageSize?: { width: number; height: number };
  regions: { box: { x: number; y: number; width: number; height: number }; peak: { x: number; y: number } }[];
}

/** The highest region, as shares of the sides of a picture: left, top, right and bottom, and where it is highest. */
function place(
  { regions: [first] }: Answer,
  width: number,
  height: number,
): { box: number[]; peak: number[] } {
  if (!first) throw new Error('expected a region, got none');
  const { box, peak } = first;
  return {
    box: [box.x / width, box.y / height, (box.x + box.width) / width, (box.y + box.height) / height],
    peak: [peak.x / width, peak.y / height],
  };
}

/** It is over the defect, in pixels of the picture that was sent, and where it is in the same picture when that is small. */
function checkPlace(answer: Answer, small: Answer): void {
  const [found, expected] = [place(answer, WIDTH, HEIGHT), place(small, INPUT[1], INPUT[0])];
  for (const [i, edge] of found.box.entries()) expect(Math.abs(edge - expected.box[i]!)).toBeLessThan(0.05);
  const center = [DEFECT.left + DEFECT.width / 2, DEFECT.top + DEFECT.height / 2] as const;
  for (const side of [0, 1] as const) {
    expect(found.box[side]).toBeLessThan(center[side]);
    expect(found.box[side + 2]).toBeGreaterThan(center[side]);
    expect(Math.abs(found.peak[side]! - center[side])).toBeLessThan(0.07);
  }
}

/** The most resident memory that a process had while some work was under way, in megabytes. */
async function mostMemory<T>(pid: number, work: Promise<T>): Promise<[T, number]> {
  let most = 0;
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1000);
  }, 20);
  const result = await work.finally(() => clearInterval(watch));
  return [result, Math.round(most)];
}

it('is scored from the command line and over HTTP alike, with regions in its own pixels', async () => {
  const cli = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../packages/cli/bin/cflow.js'),
      'predict',
      'line.cflow',
      'large.png',
      'small.png',
      '--json',
    ],
    { cwd: folder, env: { ...process.env, CFLOW_DEVICE: 'cpu' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let stdout = '';
  cli.stdout.on('data', (data: Buffer) => {
    stdout += data.toString('utf8');
  });
  const started = performance.now();
  const [code, cliMemory] = await mostMemory(
    cli.pid as number,
    new Promise<number | null>((resolve) => cli.once('close', resolve)),
  );
  expect(code).toBe(0);
  const cliMs = performance.now() - started;
  const [line, small] = stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as Answer) as [Answer, Answer];
  expect(line.imageSize).toEqual({ width: WIDTH, height: HEIGHT });
  checkPlace(line, small);

  service = await startServiceProcess([at('line.cflow'), '--store', at('store')], {
    CFLOW_DEVICE: 'cpu',
    CFLOW_LOG_LEVEL: 'error',
  });
  await service.ready();
  const { url, child } = service;
  const body = await readFile(at('large.png'));
  const send = async (query = ''): Promise<Response> =>
    fetch(`${url}/v1/detectors/line/predict${query}`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body,
    });
  const times: number[] = [];
  const [answers, serviceMemory] = await mostMemory(
    child.pid as number,
    (async () => {
      const all: Answer[] = [];
      for (const query of ['', '?overlay=true&map=png16', '']) {
        const begun = performance.now();
        const response = await send(query);
        const text = await response.text();
        expect(response.status, text).toBe(200);
        times.push(performance.now() - begun);
        all.push(...(JSON.parse(text) as { predictions: Answer[] }).predictions);
      }
      // Several at once wait for each other's memory.
      const together = await Promise.all([send(), send(), send(), send()]);
      for (const each of together) {
        const { predictions } = (await each.json()) as { predictions: Answer[] };
        all.push(...predictions);
      }
      return all;
    })(),
  );
  expect(answers).toHaveLength(7);
  for (const answer of answers) {
    expect(answer.score).toBeCloseTo(line.score, 3);
    checkPlace(answer, small);
  }
  if (FULL) {
    console.log(
      `${WIDTH} x ${HEIGHT}, ${(body.length / 1e6).toFixed(0)} MB: command ${Math.round(cliMs)} ms, ${cliMemory} MB; ` +
        `service ${times.map(Math.round).join(', ')} ms, at most ${serviceMemory} MB with four at once`,
    );
  }
}, 300_000);

it('beyond the limits is refused in words that say what to do', async () => {
  const beyond = await runCli(['predict', 'line.cflow', 'large.png', '--max-megapixels', '1', '--strict'], {
    cwd: folder,
  });
  expect(beyond.code).toBe(2);
  expect(beyond.stderr).toMatch(
    /large\.png: declares \d+x\d+ = \d+ pixels, the limit is \d+; --max-megapixels/,
  );
  const { url } = service as ServiceProcess;
  // 100 megapixels that are 100 kB.
  const huge = await sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const refused = await fetch(`${url}/v1/detectors/line/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(huge),
  });
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('10000x10000')]);
}, 60_000);
