import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testImages } from '@cflow/detector/testing';
import type { RgbImage } from '@cflow/spec';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../frame.js';
import { makeFilm, missingFfmpeg } from '../testing/make-film.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { findFfmpeg } from './ffmpeg/find-ffmpeg.js';
import { type VideoInput, videoInput } from './ffmpeg/video-input.js';
import { FilmSource } from './film-source.js';
import { type StreamEvent, StreamSource } from './stream-source.js';

const root = temporaryFolder();
const { signal } = new AbortController();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const pixels = ({ picture }: Frame): RgbImage => (picture as { image: RgbImage }).image;

/** Bytes of two pictures that are not the same. */
const differences = (a: RgbImage, b: RgbImage): number =>
  a.data.filter((value, i) => value !== b.data[i]).length;

describe('videoInput', () => {
  it('tells films, streams and cameras from folders', async () => {
    await writeFile(join(root, 'a.mp4'), 'x');
    expect(videoInput(root)).toBeUndefined();
    expect(videoInput(join(root, 'nowhere'))).toBeUndefined();
    expect(videoInput(join(root, 'a.mp4'))).toMatchObject({ kind: 'film', stem: 'a' });
    expect(videoInput('rtsp://me:secret@camera:554/one')).toMatchObject({
      kind: 'stream',
      name: 'rtsp://camera:554/one',
    });
    expect(videoInput('http://camera/video.mjpg')?.kind).toBe('stream');
  });

  it('says what it expects', () => {
    expect(() => videoInput('ftp://camera/x')).toThrow(/expected a folder, a film, rtsp.*no kind "ftp"/);
    expect(() => videoInput('v4l2:/dev/video99')).toThrow(/expected a camera such as v4l2:\/dev\/video0/);
    expect(() => videoInput('v4l2:/dev/../etc/passwd')).toThrow(/expected a camera/);
    expect(() => videoInput('rtsp://')).toThrow(/expected a complete address/);
    expect(() => videoInput(join(root, 'none.mp4'))).toThrow(
      /expected a film, got ".*none.mp4", which is not there/,
    );
    expect(() => findFfmpeg({ PATH: root })).toThrow(/need the program ffmpeg.*apt install ffmpeg/);
    expect(() => findFfmpeg({ CFLOW_FFMPEG: '/nowhere/ffmpeg' })).toThrow(
      /CFLOW_FFMPEG: expected the program/,
    );
  });
});

describe.skipIf(missingFfmpeg)(`with ffmpeg ${missingFfmpeg ?? ''}`, () => {
  const film = async (name: string, frames = 12): Promise<VideoInput> => {
    const [first, second] = testImages(2) as [RgbImage, RgbImage];
    const path = await makeFilm(root, name, [
      { picture: first, frames },
      { picture: second, frames },
    ]);
    return videoInput(path) as VideoInput;
  };

  it('FilmSource gives every frame with its time and its pixels, and goes on behind a number', async () => {
    const input = await film('exact.mkv');
    const source = new FilmSource({ input, lastNumber: 0 });
    ends.push(() => source.close());
    const frames: Frame[] = [];
    for (let some = await source.take(5, signal); some.length > 0; some = await source.take(5, signal))
      frames.push(...some);
    expect(frames.map(({ number }) => number)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(frames.map(({ time }) => time.getTime())).toEqual(
      frames.map((_, i) => Math.round((i * 1000) / 30)),
    );
    expect(frames[0]?.name).toBe('exact-000001');
    const [first, second] = testImages(2) as [RgbImage, RgbImage];
    expect(differences(pixels(frames[11] as Frame), first)).toBe(0);
    expect(differences(pixels(frames[12] as Frame), second)).toBe(0);

    const rest = new FilmSource({ input, lastNumber: 22 });
    ends.push(() => rest.close());
    expect((await rest.take(9, signal)).map(({ number }) => number)).toEqual([23, 24]);
    expect(await rest.take(9, signal)).toEqual([]);
    const fewer = new FilmSource({ input, lastNumber: 0, fps: 10 });
    ends.push(() => fewer.close());
    expect((await fewer.take(99, signal)).length).toBeGreaterThanOrEqual(7);
    expect((await fewer.take(99, signal)).length).toBe(0);
  });

  it('FilmSource reads no further than is asked for, so that a long film needs no more memory', async () => {
    const picture: RgbImage = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3).fill(90) };
    const path = await makeFilm(root, 'long.mp4', [{ picture, frames: 600 }]);
    const source = new FilmSource({ input: videoInput(path) as VideoInput, lastNumber: 0 });
    ends.push(() => source.close());
    await source.take(2, signal);
    const before = process.memoryUsage().arrayBuffers;
    await sleep(700);
    // All 600 frames would be 553 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
    let count = 2;
    let most = 0;
    for (let some = await source.take(8, signal); some.length > 0; some = await source.take(8, signal)) {
      count += some.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(count).toBe(600);
    expect(most - before).toBeLessThan(300e6);
  });

  it('FilmSource says what ffmpeg says of a film that it cannot read', async () => {
    await writeFile(join(root, 'broken.mp4'), 'this is no film');
    const source = new FilmSource({
      input: videoInput(join(root, 'broken.mp4')) as VideoInput,
      lastNumber: 0,
    });
    await expect(source.take(1, signal)).rejects.toThrow(
      /broken\.mp4: ffmpeg cannot read it: .*; see that it plays, and in which codec/,
    );
    // A playlist that looks like a film names other files, and gets none.
    await writeFile(join(root, 'list.mp4'), `ffconcat version 1.0\nfile exact.mkv\n`);
    const list = new FilmSource({ input: videoInput(join(root, 'list.mp4')) as VideoInput, lastNumber: 0 });
    await expect(list.take(1, signal)).rejects.toThrow(/cannot read it/);
  });

  it('stops when it is told to', async () => {
    const source = new FilmSource({ input: await film('stopped.mkv', 60), lastNumber: 0 });
    const controller = new AbortController();
    await source.take(1, controller.signal);
    controller.abort(new Error('enough'));
    await expect(source.take(1, controller.signal)).rejects.toThrow('enough');
    await source.close();
  });

  /** A camera that gives MJPEG over HTTP, as fast as that, and can be turned off. */
  async function camera(everyMs: number) {
    const jpegs = await Promise.all(
      testImages(2).map(({ data, width, height }) =>
        sharp(data, { raw: { width, height, channels: 3 } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const watching = new Set<ServerResponse>();
    let on = true;
    const server = createServer((_, response) => {
      if (!on) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary=frame' });
      watching.add(response);
      response.on('close', () => watching.delete(response));
    });
    let sent = 0;
    const timer = setInterval(() => {
      const jpeg = jpegs[sent++ % 2] as Buffer;
      for (const response of watching) {
        response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
        response.write(jpeg);
        response.write('\r\n');
      }
    }, everyMs);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    });
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/video.mjpg`,
      turn(state: boolean) {
        on = state;
        if (!on) for (const response of watching) response.destroy();
      },
    };
  }

  it('StreamSource gives frames as they come, drops and counts those that nobody takes, and keeps the newest', async () => {
    const { url } = await camera(10);
    const events: StreamEvent[] = [];
    const source = new StreamSource({
      input: videoInput(url) as VideoInput,
      lastNumber: 40,
      waiting: 3,
      onEvent: (event) => events.push(event),
    });
    ends.push(() => source.close());
    const [first] = await source.take(1, signal);
    expect(first?.number).toBeGreaterThan(40);
    expect(Math.abs((first?.time.getTime() as number) - Date.now())).toBeLessThan(5000);
    await expect.poll(() => source.dropped, { timeout: 20_000 }).toBeGreaterThan(20);
    const late = await source.take(9, signal);
    expect(late.length).toBeLessThanOrEqual(3);
    // Whatever was dropped was counted, before the first that was taken as well: numbers have no other gaps.
    expect((late[0]?.number as number) - 41).toBe(source.dropped + 1);
    expect(events.some(({ type }) => type === 'frames-dropped')).toBe(true);
  });

  it('StreamSource opens a stream again that was lost, and says so', async () => {
    const { url, turn } = await camera(40);
    const events: StreamEvent[] = [];
    const source = new StreamSource({
      input: videoInput(url) as VideoInput,
      lastNumber: 0,
      retryMs: 100,
      onEvent: (event) => events.push(event),
    });
    ends.push(() => source.close());
    await source.take(1, signal);
    turn(false);
    await expect
      .poll(() => events.filter(({ type }) => type === 'source-lost').length, { timeout: 20_000 })
      .toBe(1);
    await sleep(400);
    turn(true);
    await expect.poll(() => events.map(({ type }) => type), { timeout: 20_000 }).toContain('source-back');
    await source.take(9, signal);
    expect((await source.take(1, signal)).length).toBe(1);
  });

  it('StreamSource calls a stream lost that says nothing', async () => {
    const { url } = await camera(3_600_000);
    const events: StreamEvent[] = [];
    const source = new StreamSource({
      input: videoInput(url) as VideoInput,
      lastNumber: 0,
      silentMs: 400,
      onEvent: (event) => events.push(event),
    });
    const controller = new AbortController();
    const taking = source.take(1, controller.signal);
    taking.catch(() => {});
    await expect
      .poll(() => events, { timeout: 20_000 })
      .toContainEqual({ type: 'source-lost', reason: 'no frame for 0.4 s' });
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow('enough');
    await source.close();
  });
});
