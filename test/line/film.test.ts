// Films made by ffmpeg, with defects at known times, through the command.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../packages/cli/src/testing/expect-error.js';
import { jsonLines, runCli } from '../../packages/cli/src/testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../packages/cli/src/testing/workplace.js';
import { makeFilm, missingFfmpeg } from '../../packages/line/src/testing/make-film.js';

const CFLOW = fileURLToPath(new URL('../../packages/cli/bin/cflow.js', import.meta.url));
const CPU = ['--device', 'cpu', '--threads', '1'];
/** Frames: good, bad, good, bad and so on. */
const SCENES = [45, 20, 40, 9, 36];

describe.skipIf(missingFfmpeg)(`a film ${missingFfmpeg ?? ''}`, () => {
  let place: Workplace;
  let threshold: string;
  beforeAll(async () => {
    place = await createWorkplace();
    const data = ['--materials', 'brushed-metal', '--train', '24', '--test-good', '3', '--per-defect', '1'];
    const network = [
      '--input-size',
      '96',
      '--coupling-blocks',
      '4',
      '--condition-vector',
      '32',
      '--epochs',
      '3',
    ];
    for (const command of [
      ['synth', 'parts', ...data, '--size', '96', '--seed', '1'],
      ['train', 'parts/brushed-metal', ...network, '--output', 'metal.cflow', ...CPU],
    ]) {
      const { code, stderr } = await place.cflow(...command);
      expect(code, stderr).toBe(0);
    }
    const images = ['good/001.png', 'contamination/000.png'];
    const [good, bad] = images.map((name) => join(place.path, 'parts/brushed-metal/test', name));
    const scenes = SCENES.map((frames, i) => ({ picture: (i % 2 === 0 ? good : bad) as string, frames }));
    await makeFilm(place.path, 'film.mp4', scenes);
    // So small a detector need not know good from bad at its own threshold; one in the middle of the two does.
    const { stdout } = await place.cflow(
      ...['predict', 'metal.cflow', good as string, bad as string, '--json', ...CPU],
    );
    const scoreOf = (word: string): number =>
      jsonLines(stdout).find(({ image }) => String(image).includes(word))?.score as number;
    const [low, high] = [scoreOf('001.png'), scoreOf('000.png')];
    expect(high).toBeGreaterThan(low);
    threshold = String((low + high) / 2);
  });
  afterAll(() => place.remove());

  it('has its events within two frames of the truth, each with its peak picture, and a row for each frame', async () => {
    const args = ['predict', 'metal.cflow', 'film.mp4', '--threshold', threshold, ...CPU, '--gap', '0.1'];
    const { code, stdout, stderr } = await place.cflow(
      ...[...args, '--json', '--overlays', 'peaks', '--scores', 'frames.csv'],
    );
    expect(code, stderr).toBe(0);
    const events = jsonLines(stdout) as {
      start: { frame: number; seconds: number };
      end: { frame: number; seconds: number };
      peak: { frame: number; overlayFile: string };
    }[];
    expect(events).toHaveLength(2);
    const [a = 0, b = 0, c = 0, d = 0] = SCENES;
    const truth = [
      [a + 1, a + b],
      [a + b + c + 1, a + b + c + d],
    ] as const;
    for (const [i, { start, end, peak }] of events.entries()) {
      const [first, last] = truth[i] as readonly [number, number];
      expect(Math.abs(start.frame - first)).toBeLessThanOrEqual(2);
      expect(Math.abs(end.frame - last)).toBeLessThanOrEqual(2);
      expect(Math.abs(start.seconds - (first - 1) / 30)).toBeLessThanOrEqual(2 / 30);
      expect(peak.frame).toBeGreaterThanOrEqual(start.frame);
      expect(peak.frame).toBeLessThanOrEqual(end.frame);
    }
    expect(await readdir(join(place.path, 'peaks'))).toHaveLength(2);
    const [header, ...rows] = (await readFile(join(place.path, 'frames.csv'), 'utf8'))
      .trimEnd()
      .split('\r\n');
    expect(header).toBe('frame,seconds,score,false_alarm_probability,label,event');
    expect(rows).toHaveLength(SCENES.reduce((sum, frames) => sum + frames));
    const table = await place.cflow(...args);
    expect(table.stdout).toMatch(/^event +start +end +frames +peak +score +picture\n +1 +1\.5\d s/);
    expect(table.stderr).toMatch(/150 frames: \d+ bad, 2 events/);
  });

  it('is watched frame by frame, exactly once though the process is killed', async () => {
    const args = [
      'watch',
      'film.mp4',
      '--detector',
      'metal.cflow',
      '--threshold',
      threshold,
      ...CPU,
      '--json',
    ];
    const to = ['--to', 'csv:v.csv', '--rule', '3of5', '--pictures-every', '50', '--pictures-dir', 'seen'];
    const child = spawn(process.execPath, [CFLOW, ...args, ...to], {
      cwd: place.path,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    const { code, stderr } = await place.cflow(...args, ...to);
    expect(code, stderr).toBe(0);
    const rows = (await readFile(join(place.path, 'v.csv'), 'utf8')).trimEnd().split('\r\n').slice(1);
    expect(rows.map((row) => row.split(',')[3])).toEqual(
      Array.from({ length: 150 }, (_, i) => String(i + 1)),
    );
    expect(rows[1]).toContain('film.mp4,2,1970-01-01T00:00:00.033Z,film-000002');
    expect(await readdir(join(place.path, 'seen'))).toHaveLength(3);
  });

  it('can be a stream of which only the frames are scored that are asked for', async () => {
    // ffmpeg as the camera: MJPEG over HTTP, for one who comes.
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/camera.mjpg`;
    const camera = spawn(
      'ffmpeg',
      [
        ...[
          '-nostdin',
          '-loglevel',
          'error',
          '-re',
          '-stream_loop',
          '-1',
          '-i',
          join(place.path, 'film.mp4'),
        ],
        ...['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj444p', '-f', 'mpjpeg', '-listen', '1', url],
      ],
      { stdio: 'ignore' },
    );
    const args = ['watch', url, '--detector', 'metal.cflow', ...CPU, '--json', '--trigger', 'key'];
    const child = spawn(
      process.execPath,
      [CFLOW, ...args, '--to', 'jsonl:stream.jsonl', '--state', 'stream'],
      {
        cwd: place.path,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    try {
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stdin.write('go\n');
      await expect.poll(() => jsonLines(stdout).length, { timeout: 30_000 }).toBe(1);
      child.stdin.write('go\ngo\n');
      await expect.poll(() => jsonLines(stdout).length, { timeout: 30_000 }).toBe(3);
      const [first, second, third] = jsonLines(stdout) as {
        number: number;
        source: string;
        sequence: number;
      }[];
      expect(first).toMatchObject({ source: url, sequence: 1 });
      // Of what came in between nobody wanted a verdict.
      expect(third?.number).toBe((second?.number as number) + 1);
      expect(second?.number).toBeGreaterThan((first?.number as number) + 1);
    } finally {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('close', resolve));
      camera.kill('SIGKILL');
    }
    expect(jsonLines(await readFile(join(place.path, 'stream.jsonl'), 'utf8'))).toHaveLength(3);
  });

  it('that cannot be read is said, and so is what films have not', async () => {
    await writeFile(join(place.path, 'broken.mp4'), 'no film');
    const watch = ['--detector', 'metal.cflow', '--to', 'csv:x.csv', '--state', 'other', ...CPU];
    expectError(await place.cflow('watch', 'broken.mp4', ...watch), 1, /broken\.mp4: ffmpeg cannot read it/);
    expectError(await place.cflow('predict', 'metal.cflow', 'broken.mp4', ...CPU), 1, /which codec/);
    expectError(await place.cflow('predict', 'metal.cflow', 'none.mp4', ...CPU), 2, 'which is not there');
    expectError(await place.cflow('predict', 'metal.cflow', 'film.mp4', 'parts'), 2, 'one film alone');
    expectError(await place.cflow('predict', 'metal.cflow', 'parts', '--gap', '1'), 2, '--gap is for films');
    expectError(await place.cflow('watch', 'film.mp4', ...watch, '--to', 'move:done'), 2, 'no files to move');
    expectError(
      await place.cflow('watch', 'film.mp4', ...watch, '--trigger', 'key'),
      2,
      '--trigger is for streams',
    );
    const stream = ['watch', 'http://127.0.0.1:9/x', ...watch, '--trigger'];
    expectError(await place.cflow(...stream, 'shout'), 2, 'expected change:0.05, key, http:8090');
    expectError(await place.cflow(...stream, 'change:1.5'), 2, 'expected change:0.05');
    expectError(await place.cflow(...stream, 'mqtt://broker/a/#'), 2, 'expected a topic');
    expectError(await place.cflow('watch', 'ftp://camera/x', ...watch), 2, /no kind "ftp"/);
    await mkdir(join(place.path, 'empty'));
    const env = { PATH: join(place.path, 'empty'), CFLOW_FFMPEG: '' };
    const without = await runCli(['watch', 'film.mp4', ...watch], { cwd: place.path, env });
    expectError(without, 2, /need the program ffmpeg.*apt install ffmpeg/);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
