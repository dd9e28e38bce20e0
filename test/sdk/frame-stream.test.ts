// Frames of a camera over the SDK, to the service with its real routes and real inference.
import {
  AbortedError,
  ArgumentError,
  AuthenticationError,
  ConnectionError,
  PermissionError,
  type Prediction,
  RateLimitError,
  UnsupportedImageError,
} from '@cflow/sdk';
import { type FrameStream, openStream } from '@cflow/sdk/stream';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { testKeys } from '../../functions/predict/src/compat/testing/test-keys.js';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { serviceOfTests } from './running-service.js';

const place = serviceOfTests();
const png = await testPng(3);
const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason) => reason,
  );

describe('a stream of frames', () => {
  it('gives what predict gives, frame after frame, with what was asked for', async () => {
    const wood = place.client.detector('wood');
    const asked = await wood.predict(png, { map: true });
    const baseUrl = place.running.url;
    const stream = await openStream({ baseUrl, detector: 'wood', map: true, regions: false, WebSocket });
    expect([stream.credit, stream.frameBytes]).toEqual([4, 2 ** 20]);
    const found = await Promise.all(
      [png, new Blob([png]), Buffer.from(png)].map((frame) => stream.send(frame)),
    );
    for (const { score, label, map, detector, id } of found) {
      expect([score, label, detector]).toEqual([asked.score, asked.label, asked.detector]);
      expect(map.data).toEqual(asked.map.data);
      expect(id).toMatch(/./);
    }
    expect(found[0]?.regions).toBeUndefined();
    expect(stream.credit).toBe(4);
    stream.close();
    expect(await stream.closed).toBeUndefined();
    expect(await reasonOf(stream.send(png))).toBeInstanceOf(AbortedError);
    expect(stream.credit).toBe(0);
  });

  it('sends nothing beyond the credit, and goes on after what was no image', async () => {
    const stream = await openStream({ baseUrl: place.running.url, detector: 'wood', WebSocket });
    const frames = Array.from({ length: 6 }, () => reasonOf(stream.send(png)));
    expect(stream.credit).toBe(0);
    const reasons = await Promise.all(frames);
    expect(reasons.map((reason) => reason instanceof RateLimitError)).toEqual([
      ...[false, false, false, false],
      ...[true, true],
    ]);
    expect(String(reasons[5])).toContain('`credit`');
    expect(await reasonOf(stream.send(Buffer.from('no image')))).toBeInstanceOf(UnsupportedImageError);
    expect(await reasonOf(stream.send('no image' as never))).toBeInstanceOf(ArgumentError);
    expect(stream.credit).toBe(4);
    expect((await stream.send(png)).score).toEqual(expect.any(Number));
    stream.close();
  });

  it('is told why it may not be opened, which a WebSocket is not', async () => {
    const keys = testKeys({ camera: ['predict'], reader: ['read'] });
    const baseUrl = await place.running.also({ keys });
    const open = (apiKey?: string): Promise<FrameStream> =>
      openStream({ baseUrl, apiKey, detector: 'wood', WebSocket });
    expect(await reasonOf(open())).toBeInstanceOf(AuthenticationError);
    expect(await reasonOf(open('reader'))).toBeInstanceOf(PermissionError);
    const stream = await open('camera');
    expect((await stream.send(png)).label).toMatch(/good|bad/);
    stream.close();
    const nobody = openStream({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0, detector: 'wood', WebSocket });
    expect(await reasonOf(nobody)).toBeInstanceOf(ConnectionError);
  });

  it.skipIf('WebSocket' in globalThis)(
    'says what is missing where there is no WebSocket: this Node has one',
    async () => {
      expect(String(await reasonOf(openStream({ baseUrl: place.running.url, detector: 'wood' })))).toContain(
        'install the package ws',
      );
    },
  );

  it('ends with its signal, and tells how the service has ended it', async () => {
    const ending = new AbortController();
    const stream = await openStream({
      baseUrl: place.running.url,
      detector: 'wood',
      WebSocket,
      signal: ending.signal,
    });
    const frame = reasonOf(stream.send(png));
    ending.abort();
    expect(await frame).toBeInstanceOf(AbortedError);
    expect(await stream.closed).toBeUndefined();
    const readiness = { state: 'ready' as 'ready' | 'draining', detail: '' };
    const baseUrl = await place.running.also({ readiness });
    const other: FrameStream<Prediction> = await openStream({ baseUrl, detector: 'wood', WebSocket });
    readiness.state = 'draining';
    expect(await other.closed).toMatchObject({ code: 1001, reason: expect.stringContaining('about to end') });
    expect(String(await reasonOf(other.send(png)))).toMatch(/about to end.*open it again/);
  });
});
