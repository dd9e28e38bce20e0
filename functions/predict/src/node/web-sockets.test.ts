import { connect } from 'node:net';
import { testImage } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { findChromium, launchChromium } from '../../../../test/support/chromium.js';
import { createApp } from '../app/create-app.js';
import type { AppParts } from '../app/parts.js';
import { streamRoutes } from '../app/routes/stream.js';
import { testKeys } from '../compat/testing/test-keys.js';
import { testService } from '../compat/testing/test-parts.js';
import { encodeBase64Url } from '../security/base64-url.js';
import { type RunningHttpServer, startHttpServer } from './http-server.js';

const { parts } = await testService();
let picture: Uint8Array;
const servers: RunningHttpServer[] = [];
beforeAll(async () => {
  picture = await encodePng(testImage(1));
});
afterAll(() => Promise.all(servers.map((server) => server.close(0))));

/** Where a service with these parts listens, without a scheme. */
async function serve(given: Partial<AppParts> = {}): Promise<string> {
  const app = createApp({ ...parts, ...given }, { routes: (own) => [streamRoutes(own)] });
  const fetch = (request: Request, env: unknown) => app.fetch(request, env as never);
  const server = await startHttpServer({ fetch, host: '127.0.0.1', port: 0 });
  servers.push(server);
  return `127.0.0.1:${server.port}`;
}

interface Said {
  type: string;
  frame?: number;
  credit?: number;
  dropped?: number;
  reason?: string;
  prediction?: { id: string; score: number };
  problem?: { code: string; detail: string };
}

/** A stream, and what it has said. */
function stream(
  place: string,
  { protocols = ['cflow.v1'], headers = {}, path = '/v1/detectors/wood/stream' } = {},
) {
  const socket = new WebSocket(`ws://${place}${path}`, protocols, { headers });
  const said: Said[] = [];
  socket.on('message', (data) => said.push(JSON.parse(String(data))));
  socket.on('error', () => {});
  const opened = new Promise<string>((resolve) => {
    socket.once('open', () => resolve('open'));
    socket.once('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
  });
  const closed = new Promise<[number, string]>((resolve) =>
    socket.once('close', (code, reason) => resolve([code, String(reason)])),
  );
  const until = (type: string, count = 1) =>
    expect.poll(() => said.filter((each) => each.type === type).length, { timeout: 20_000 }).toBe(count);
  return { socket, said, opened, closed, until };
}

describe('frames over a WebSocket', () => {
  it('are answered with verdicts in their order, as the route for images has them', async () => {
    const place = await serve();
    const { socket, said, opened, closed, until } = stream(place);
    expect(await opened).toBe('open');
    expect(socket.protocol).toBe('cflow.v1');
    expect(socket.extensions).toBe('');
    await until('ready');
    socket.send(picture);
    await until('verdict');
    socket.send(Buffer.from('no image at all'));
    socket.send(picture);
    await until('verdict', 2);
    expect(said.map(({ type, frame }) => [type, frame])).toEqual([
      ['ready', undefined],
      ['verdict', 1],
      ['error', 2],
      ['verdict', 3],
    ]);
    expect(said[2]?.problem).toMatchObject({ code: 'image' });
    const posted = await fetch(`http://${place}/v1/detectors/wood/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: picture as never,
    });
    const [expected] = ((await posted.json()) as { predictions: { score: number }[] }).predictions;
    expect(said[1]?.prediction?.score).toBe(expected?.score);
    expect(said[1]?.prediction?.id).toMatch(/./);
    socket.close();
    await closed;
  });

  it('beyond the credit are dropped, counted and told of', async () => {
    let go: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const inference: AppParts['inference'] = {
      ...parts.inference,
      predict: async (request) => {
        await held;
        return parts.inference.predict(request);
      },
      load: (...args) => parts.inference.load(...args),
      status: () => parts.inference.status(),
      close: async () => {},
    };
    const { socket, said, opened, until } = stream(await serve({ inference }));
    await opened;
    for (let i = 0; i < 10; i++) socket.send(picture);
    await until('dropped', 6);
    expect(said.at(-1)).toMatchObject({ frame: 10, reason: 'busy', dropped: 6 });
    go();
    await until('verdict', 4);
    expect(said.filter(({ type }) => type === 'verdict').map(({ frame }) => frame)).toEqual([1, 2, 3, 4]);
    socket.send(picture);
    await until('verdict', 5);
    socket.close();
  });

  it('need a key where the service has keys, which pages give as a subprotocol', async () => {
    const keys = testKeys({ 'a key: to+predict/': ['predict'], reads: ['read'], plain: ['predict'] });
    const [predict, read] = ['a key: to+predict/', 'reads'];
    const place = await serve({ keys });
    const refused = stream(place);
    expect(await refused.opened).toMatch(/^401 .*"unauthorized"/);
    const asSubprotocol = (key: string) => [
      'cflow.v1',
      `cflow.key.${encodeBase64Url(new TextEncoder().encode(key))}`,
    ];
    expect(await stream(place, { protocols: asSubprotocol(read) }).opened).toMatch(/^403 /);
    const page = stream(place, {
      protocols: asSubprotocol(predict),
      headers: { origin: 'https://any.example' },
    });
    expect(await page.opened).toBe('open');
    // The key is not said again.
    expect(page.socket.protocol).toBe('cflow.v1');
    const program = stream(place, { headers: { 'x-api-key': 'plain' } });
    expect(await program.opened).toBe('open');
    for (const { socket } of [page, program]) socket.close();
  });

  it('are not taken from pages of others where there are no keys, nor under another name', async () => {
    const place = await serve({ thisMachineOnly: true });
    const opened = (headers: Record<string, string>) => stream(place, { headers }).opened;
    expect(await opened({ origin: 'https://evil.example' })).toMatch(/^403 .*another origin/);
    expect(await opened({ 'sec-fetch-site': 'cross-site' })).toMatch(/^403 /);
    expect(await opened({ host: 'evil.example' })).toMatch(/^403 .*this machine only/);
    const own = stream(place, { headers: { origin: `http://${place}` } });
    expect(await own.opened).toBe('open');
    own.socket.close();
  });

  it('say what is wrong with a request', async () => {
    const place = await serve();
    expect(await stream(place, { protocols: [] }).opened).toMatch(
      /^426 .*expected a WebSocket with the subprotocol/,
    );
    expect(await stream(place, { path: '/v1/detectors/wood/stream?thershold=1' }).opened).toMatch(/^400 /);
    expect(await stream(place, { path: '/v1/nothing' }).opened).toMatch(/^404 /);
    const plain = await fetch(`http://${place}/v1/detectors/wood/stream`);
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
    // As curl --http2 asks.
    const passing = connect(Number(place.split(':')[1]), '127.0.0.1');
    passing.write(
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    let answer = '';
    for await (const chunk of passing) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  it('end with a reason when they are no images, too large, without end, or too many', async () => {
    const memory = { bodyBytes: 100_000, bodyMemoryBytes: 400_000, bodyTimeoutMs: 1000 };
    const place = await serve({ limits: { ...parts.limits, ...memory } });
    const after = async (send: (socket: WebSocket) => void) => {
      const { socket, opened, closed } = stream(place);
      expect(await opened).toBe('open');
      send(socket);
      return closed;
    };
    expect(await after((socket) => socket.send('x'.repeat(50_000)))).toEqual([
      1003,
      expect.stringContaining('binary'),
    ]);
    expect(await after((socket) => socket.send(Buffer.alloc(300_000)))).toEqual([
      1009,
      expect.stringContaining('100000 bytes'),
    ]);
    // A message that is never whole.
    expect(await after((socket) => socket.send(Buffer.alloc(10), { fin: false }))).toEqual([
      1008,
      expect.stringContaining('not complete within 1000 ms'),
    ]);
    expect(
      await after((socket) => {
        for (let i = 0; i < 5000; i++) socket.send(Buffer.alloc(1), { fin: false });
      }),
    ).toEqual([expect.any(Number), expect.any(String)]);
    expect(
      await after((socket) => {
        for (let i = 0; i < 200; i++) socket.ping();
      }),
    ).toEqual([1008, 'too many pings']);
    // Compressed, which nobody agreed to.
    const [code] = await after((socket) =>
      (socket as unknown as { _socket: { write(data: Buffer): void } })._socket.write(
        Buffer.from([0xc2, 0x81, 1, 2, 3, 4, 0]),
      ),
    );
    expect(code).toBe(1002);
    const many = Array.from({ length: 17 }, () => stream(place));
    const answers = await Promise.all(many.map(({ opened }) => opened));
    expect(answers.filter((each) => each === 'open')).toHaveLength(16);
    expect(answers.find((each) => each !== 'open')).toMatch(/^429 .*at most 16 streams of a caller/);
    for (const { socket } of many) socket.terminate();
    // Places are free again, and so is the memory.
    await expect
      .poll(async () => {
        const again = stream(place);
        const answer = await again.opened;
        again.socket.terminate();
        return answer;
      })
      .toBe('open');
  });

  const chromium = findChromium();
  if (!chromium) console.info('not tried from a page: there is no Chromium here');
  else
    it('come from a page in Chromium, which sees what it may not send', async () => {
      const keys = testKeys({ camera: ['predict'] });
      const place = await serve({ keys });
      const browser = await launchChromium();
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      await page.goto(`http://${place}/livez`);
      const base64 = Buffer.from(picture).toString('base64');
      const seen = await page.evaluate(
        async ({ place, base64, key }) => {
          // The browser's own, not the one that is imported above.
          const { WebSocket: Socket } = globalThis as unknown as { WebSocket: typeof WebSocket };
          const image = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
          const refused = await new Promise((resolve) => {
            const socket = new Socket(`ws://${place}/v1/detectors/wood/stream`, ['cflow.v1']);
            socket.onclose = ({ code }) => resolve(code);
          });
          const socket = new Socket(`ws://${place}/v1/detectors/wood/stream`, [
            'cflow.v1',
            `cflow.key.${key}`,
          ]);
          socket.binaryType = 'arraybuffer';
          const counts: Record<string, number> = {};
          const frames: number[] = [];
          let credit = 0;
          let free = 0;
          let withheld = 0;
          await new Promise<void>((resolve) => {
            socket.onmessage = ({ data }) => {
              const said = JSON.parse(String(data));
              counts[said.type] = (counts[said.type] ?? 0) + 1;
              if (said.type === 'ready') {
                credit = free = said.credit;
                // A camera: faster than anything is scored. What there is no credit for is not sent.
                let taken = 0;
                const timer = setInterval(() => {
                  if (free > 0) {
                    free--;
                    socket.send(image);
                  } else withheld++;
                  if (++taken === 40) clearInterval(timer);
                }, 1);
              } else {
                free++;
                frames.push(said.frame);
              }
              if (frames.length + withheld === 40) resolve();
            };
          });
          // More than the credit all the same: dropped by the service, and said.
          const drops = new Promise<number>((resolve) => {
            socket.onmessage = ({ data }) => {
              const said = JSON.parse(String(data));
              if (said.type === 'dropped') resolve(said.dropped);
            };
          });
          for (let i = 0; i <= credit; i++) socket.send(image);
          const dropped = await drops;
          socket.close();
          return { refused, counts, frames, withheld, dropped, protocol: socket.protocol };
        },
        { place, base64, key: encodeBase64Url(new TextEncoder().encode('camera')) },
      );
      // A page is not told why.
      expect(seen.refused).toBe(1006);
      expect(seen.protocol).toBe('cflow.v1');
      expect(seen.counts).toEqual({ ready: 1, verdict: seen.frames.length });
      expect(seen.frames).toEqual(seen.frames.map((_, i) => i + 1));
      expect(seen.frames.length).toBeGreaterThanOrEqual(4);
      expect(seen.withheld).toBeGreaterThan(0);
      expect(seen.dropped).toBe(1);
    });
});
