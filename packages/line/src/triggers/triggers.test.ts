import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RgbImage } from '@cflow/spec';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame, Source } from '../frame.js';
import { TriggeredSource } from '../sources/triggered-source.js';
import { missingMosquitto, startMosquitto } from '../testing/mosquitto.js';
import { changeTrigger } from './change-trigger.js';
import { httpTrigger } from './http-trigger.js';
import { keyTrigger } from './key-trigger.js';
import { mqttTrigger } from './mqtt-trigger.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const { signal } = new AbortController();

/** A gray picture with a lighter square of that size, in [0, 1] of its side, at a place. */
function scene(part: number, at = 0, light = 60): RgbImage {
  const data = new Uint8Array(64 * 64 * 3).fill(light);
  const side = Math.round(part * 64);
  for (let y = 0; y < side; y++) {
    const start = 3 * (y * 64 + at);
    data.fill(230, start, start + 3 * Math.min(side, 64 - at));
  }
  return { width: 64, height: 64, data };
}
const EMPTY = scene(0);

describe('changeTrigger', () => {
  const selected = (images: readonly RgbImage[]): number[] => {
    const trigger = changeTrigger(0.05);
    return images.flatMap((image, i) => (trigger.selects(image) ? [i] : []));
  };

  it('selects a part once, when it lies still, and the next one after the background', () => {
    const coming = [scene(0.5, 40), scene(0.5, 20), scene(0.5, 0), scene(0.5, 0), scene(0.5, 0)];
    expect(selected([EMPTY, EMPTY, ...coming, EMPTY, EMPTY, ...coming])).toEqual([5, 12]);
  });

  it('does not mind what is small, nor light that changes slowly', () => {
    expect(selected([EMPTY, scene(0.1), scene(0.1), scene(0.1)])).toEqual([]);
    const evening = Array.from({ length: 1500 }, (_, i) => scene(0, 0, 60 + Math.floor(i / 50)));
    expect(selected(evening)).toEqual([]);
    expect(selected([...evening, scene(0.5, 0, 89), scene(0.5, 0, 89)])).toEqual([1501]);
  });
});

it('keyTrigger selects a frame for each line', async () => {
  const input = new PassThrough();
  const trigger = keyTrigger(input);
  ends.push(() => trigger.close());
  expect(trigger.selects(EMPTY)).toBe(false);
  input.write('\n4711\n');
  await sleep(20);
  expect([1, 2, 3].map(() => trigger.selects(EMPTY))).toEqual([true, true, false]);
});

it('httpTrigger selects a frame for each call, and refuses what is none', async () => {
  const trigger = await httpTrigger({ host: '127.0.0.1', port: 0 });
  ends.push(() => trigger.close());
  const post = async (headers: Record<string, string> = {}, method = 'POST', url = trigger.url) =>
    (await fetch(url, { method, headers })).status;
  expect(await post()).toBe(202);
  expect([1, 2].map(() => trigger.selects(EMPTY))).toEqual([true, false]);
  expect(await post({}, 'GET')).toBe(405);
  expect(await post({}, 'POST', `${trigger.url}/more`)).toBe(404);
  expect(await post({ origin: 'https://elsewhere.example' })).toBe(403);
  expect(trigger.selects(EMPTY)).toBe(false);
  const many = await Promise.all(Array.from({ length: 10 }, () => post()));
  expect(many.filter((status) => status === 429)).toHaveLength(2);
  const { port } = new URL(trigger.url);
  await expect(httpTrigger({ host: '127.0.0.1', port: Number(port) })).rejects.toThrow(
    /is taken; name another/,
  );
});

it.skipIf(missingMosquitto)(
  `mqttTrigger selects a frame for each message, but for what is retained ${missingMosquitto ?? ''}`,
  async () => {
    const broker = await startMosquitto();
    ends.push(() => broker.close());
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    ends.push(() => client.endAsync(true));
    await client.publishAsync('plant/go', 'old', { qos: 1, retain: true });
    const url = `mqtt://127.0.0.1:${broker.port}/plant/go`;
    const trigger = await mqttTrigger({ url, clientId: 'trigger' }, () => {});
    ends.push(() => trigger.close());
    await expect
      .poll(
        async () => {
          await client.publishAsync('plant/go', 'now', { qos: 1 });
          await sleep(50);
          return trigger.selects(EMPTY);
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    await sleep(100);
    while (trigger.selects(EMPTY));
    await client.publishAsync('plant/go', 'now', { qos: 1 });
    await expect.poll(() => trigger.selects(EMPTY)).toBe(true);
    expect(trigger.selects(EMPTY)).toBe(false);
  },
);

describe('TriggeredSource', () => {
  /** A stream of so many frames, as fast as they are taken. */
  function stream(frames: number): Source {
    let number = 0;
    return {
      name: 'stream',
      dropped: 0,
      async take(most) {
        await sleep(1);
        const some: Frame[] = [];
        while (some.length < most && number < frames) {
          number++;
          some.push({
            number,
            time: new Date(number),
            name: `${number}`,
            picture: { image: EMPTY },
            readyAt: 0,
          });
        }
        return some;
      },
      close: async () => {},
    };
  }
  const every = (n: number) => {
    let seen = 0;
    return { selects: () => ++seen % n === 0, close: async () => {} };
  };

  it('gives the frames that were selected, and ends with the stream', async () => {
    const source = new TriggeredSource({ source: stream(30), trigger: every(10) });
    const frames: Frame[] = [];
    for (let some = await source.take(8, signal); some.length > 0; some = await source.take(8, signal))
      frames.push(...some);
    expect(frames.map(({ number }) => number)).toEqual([10, 20, 30]);
    await source.close();
  });

  it('drops and counts those that nobody takes, and tells what ends the stream', async () => {
    const source = new TriggeredSource({ source: stream(100), trigger: every(5) });
    await source.take(1, signal);
    await expect.poll(() => source.dropped).toBeGreaterThan(5);
    await source.close();
    const failing: Source = { ...stream(1), take: () => Promise.reject(new Error('unplugged')) };
    const broken = new TriggeredSource({ source: failing, trigger: every(1) });
    await expect(broken.take(1, signal)).rejects.toThrow('unplugged');
    await broken.close();
  });
});
