// What becomes of a call where the service does everything wrong.
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  AbortedError,
  AuthenticationError,
  ConnectionError,
  NotFoundError,
  ProtocolError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '@cflow/sdk';
import { describe, expect, it } from 'vitest';
import { caught, clientOf, json, KEY, serverOf } from './bad-server.js';

const JOB = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';
const DETECTOR = { name: 'wood', aliases: {} };

describe('a service that', () => {
  it('is gone', async () => {
    const { url, server } = await serverOf(() => {});
    await new Promise((resolve) => server.close(resolve));
    const error = await caught(clientOf(url, { maxRetries: 1 }).detectors.get('wood'));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'connection', retryable: true, status: undefined });
    expect(error.message).toMatch(/ECONNREFUSED.*check baseUrl.*GET \/v1\/detectors\/wood/);
    expect(error.message).not.toContain('CORS');
  });

  it('asks to wait, in seconds or by date, is waited for', async () => {
    const times: number[] = [];
    const { url, requests } = await serverOf((_, response, count) => {
      times.push(performance.now());
      if (count === 1) return json(response, { code: 'queue-full' }, 429, { 'retry-after': '0.3' });
      if (count === 2) {
        const date = new Date(Date.now() + 1500).toUTCString();
        return json(response, {}, 503, { 'retry-after': date });
      }
      return json(response, DETECTOR);
    });
    expect(await clientOf(url).detectors.get('wood')).toEqual(DETECTOR);
    expect(requests).toHaveLength(3);
    expect(times[1]! - times[0]!).toBeGreaterThan(290);
  });

  it('asks to wait for longer than anybody would is not waited for', async () => {
    const { url, requests } = await serverOf((_, response) =>
      json(response, { code: 'rate-limited', detail: 'enough' }, 429, { 'retry-after': '3600' }),
    );
    const error = await caught(clientOf(url).detectors.get('wood'));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfter: 3600, code: 'rate-limited', status: 429 });
    expect(requests).toHaveLength(1);
  });

  it('fails once is asked again; one that goes on failing is not asked for ever', async () => {
    const good = await serverOf((_, response, count) =>
      count === 1 ? void response.writeHead(500).end('oops') : json(response, DETECTOR),
    );
    expect((await clientOf(good.url).detectors.get('wood')).name).toBe('wood');
    const bad = await serverOf((_, response) => void response.writeHead(502).end('<html>Bad gateway'));
    const error = await caught(clientOf(bad.url).detectors.get('wood', { maxRetries: 1 }));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ status: 502, code: 'http-502', retryable: true });
    expect(bad.requests).toHaveLength(2);
  });

  it('cuts an answer in the middle is asked again, and then said to have', async () => {
    const half = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"name": "wo', () => response.destroy());
    };
    const once = await serverOf((_, response, count) =>
      count === 1 ? half(response) : json(response, DETECTOR),
    );
    expect((await clientOf(once.url).detectors.get('wood')).name).toBe('wood');
    const always = await serverOf((_, response) => half(response));
    expect(await caught(clientOf(always.url, { maxRetries: 0 }).detectors.get('wood'))).toBeInstanceOf(
      ConnectionError,
    );
    const short = await serverOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r-1' });
      response.end('{"name": "wo');
    });
    const error = await caught(clientOf(short.url, { maxRetries: 1 }).detectors.get('wood'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'protocol', requestId: 'r-1' });
    expect(short.requests).toHaveLength(2);
  });

  it('hangs, before its answer or within, is left', async () => {
    const silent = await serverOf(() => {});
    const error = await caught(clientOf(silent.url, { timeout: 60, maxRetries: 1 }).detectors.get('wood'));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: 'timeout', status: undefined });
    expect(error.message).toContain('60 ms');
    expect(silent.requests).toHaveLength(2);
    const slow = await serverOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    });
    const within = clientOf(slow.url).detectors.get('wood', { timeout: 60, maxRetries: 0 });
    expect(await caught(within)).toBeInstanceOf(TimeoutError);
  });

  it('sends elsewhere is not followed, so that the key stays here', async () => {
    const elsewhere = await serverOf((_, response) => json(response, DETECTOR));
    const { url } = await serverOf((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/login?token=1` }).end();
    });
    const error = await caught(clientOf(url).detectors.get('wood'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toContain(`redirect to ${elsewhere.url}/login,`);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('is a page, or shows what it was sent', async () => {
    const page = await serverOf((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome');
    });
    const error = await caught(clientOf(page.url).detectors.get('wood'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toMatch(/text\/html.*baseUrl/);
    const echo = await serverOf((request, response) =>
      json(response, { detail: `you sent ${request.headers.authorization}` }, 401),
    );
    const refused = await caught(clientOf(echo.url).detectors.get('wood'));
    expect(refused).toBeInstanceOf(AuthenticationError);
    expect(refused.message).toContain('Bearer [API key]');
    const other = await serverOf((_, response) => json(response, { hello: 'world' }));
    expect(await caught(clientOf(other.url).detector('wood').predict(new Uint8Array(1)))).toBeInstanceOf(
      ProtocolError,
    );
    const nothing = await serverOf((_, response) => void response.writeHead(404).end());
    expect(await caught(clientOf(nothing.url).detectors.get('wood'))).toBeInstanceOf(NotFoundError);
  });
});

describe('a call', () => {
  it('of a job carries one key over all attempts, and says the same each time', async () => {
    const seen: string[] = [];
    const { url } = await serverOf(async (request, response, count) => {
      seen.push(`${request.headers['idempotency-key']} ${await buffer(request)}`);
      if (count < 3) response.destroy();
      else json(response, { id: JOB }, 202);
    });
    const job = { name: 'wood', dataSet: { path: 'data-sets/wood.zip' } };
    expect((await clientOf(url).jobs.create(job)).id).toBe(JOB);
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
    // Sixteen random bytes.
    expect(seen[0]).toMatch(/^(?:\d{1,3}-){15}\d{1,3} \{"name":"wood"/);
    await clientOf(url).jobs.create(job);
    expect(new Set(seen).size).toBe(2);
  });

  it('that may not be made twice is not, unless it was refused', async () => {
    const cut = await serverOf((_, response) => void response.destroy());
    expect(await caught(clientOf(cut.url).jobs.cancel(JOB))).toBeInstanceOf(ConnectionError);
    expect(cut.requests).toHaveLength(1);
    const busy = await serverOf((_, response, count) => json(response, { id: JOB }, count === 1 ? 429 : 200));
    expect((await clientOf(busy.url).jobs.cancel(JOB)).id).toBe(JOB);
  });

  it('is ended by its signal: before, while it waits, and in an upload', async () => {
    const { url, requests } = await serverOf((_, response) =>
      json(response, {}, 503, { 'retry-after': '30' }),
    );
    const reason = new Error('no longer wanted');
    const before = clientOf(url).detectors.get('wood', { signal: AbortSignal.abort(reason) });
    expect(await caught(before)).toMatchObject({ name: 'AbortedError', cause: reason });
    expect(requests).toHaveLength(0);
    const waiting = clientOf(url).detectors.get('wood', { signal: AbortSignal.timeout(100) });
    expect(await caught(waiting)).toBeInstanceOf(AbortedError);

    let closed: Promise<unknown> = Promise.resolve();
    const upload = await serverOf((request) => {
      closed = new Promise((resolve) => request.once('close', resolve));
      request.on('error', () => {}).resume();
    });
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 5) stop.abort();
        yield new Uint8Array(1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const uploading = clientOf(upload.url).jobs.upload(endless(), { signal: stop.signal });
    expect(await caught(uploading)).toBeInstanceOf(AbortedError);
    await closed;
  });

  it('ends the others of a batch when one fails', async () => {
    const responses: ServerResponse[] = [];
    const closed: Promise<unknown>[] = [];
    const { url } = await serverOf((_, response, count) => {
      responses.push(response);
      closed.push(new Promise((resolve) => response.once('close', resolve)));
      // The others are never answered.
      if (count === 3) json(responses[0] as ServerResponse, { code: 'image' }, 422);
    });
    const images = Array.from({ length: 8 }, () => new Uint8Array(1));
    const batch = clientOf(url)
      .detector('wood')
      .predictBatch(images, { imagesPerRequest: 1, concurrency: 3 });
    expect(await caught(batch)).toMatchObject({ name: 'UnsupportedImageError' });
    await Promise.all(closed);
    expect(closed).toHaveLength(3);
  });

  it('fetches a URL without the key', async () => {
    const images = await serverOf((_, response, count) =>
      count === 1 ? void response.writeHead(302, { location: '/b.png' }).end() : void response.end('bytes'),
    );
    const { url, requests } = await serverOf((_, response) => json(response, { predictions: [] }));
    await caught(
      clientOf(url)
        .detector('wood')
        .predict(new URL(`${images.url}/a.png`)),
    );
    expect(images.requests.map(({ url: path }) => path)).toEqual(['/a.png', '/b.png']);
    expect(images.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('keeps the path of the address, and shows no key', async () => {
    const { url, requests } = await serverOf((_, response) => json(response, DETECTOR));
    const client = clientOf(`${url}/behind/proxy/`);
    await client.detectors.get('wood@1 2/3');
    expect(requests[0]?.url).toBe('/behind/proxy/v1/detectors/wood%401%202%2F3');
    const { inspect } = await import('node:util');
    expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toContain(KEY);
    for (const apiKey of ['two words', 'line\nend', 'ä', '']) {
      expect(() => clientOf(url, { apiKey })).toThrow(/^apiKey: expected/);
    }
    for (const baseUrl of [
      'nowhere',
      'ftp://a',
      'http://user:secret@a',
      'http://a/?key=secret',
      'http://a/#b',
    ]) {
      expect(() => clientOf(baseUrl)).toThrow(/^baseUrl: expected [^?@#]*$/);
    }
  });

  it('says in a browser that it may be CORS', async () => {
    Object.assign(globalThis, { WorkerGlobalScope: class {} });
    try {
      const fetch = () => Promise.reject(new TypeError('Failed to fetch'));
      const error = await caught(clientOf('http://a', { fetch, maxRetries: 0 }).detectors.get('wood'));
      expect(error.message).toMatch(/Failed to fetch.*CORS.*CFLOW_CORS_ORIGINS/);
    } finally {
      Reflect.deleteProperty(globalThis, 'WorkerGlobalScope');
    }
  });
});
