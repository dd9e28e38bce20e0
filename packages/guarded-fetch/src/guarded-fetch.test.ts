import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuardedFetch } from './guarded-fetch.js';
import { errorOf, localFetch as local } from './testing/local-fetch.js';
import { testServers } from './testing/serve.js';

const serve = testServers();
const maxBytes = 100_000;

describe('fetchBytes', () => {
  it('gives the file, with nothing of the request that the server could use', async () => {
    let seen: unknown;
    const { origin } = await serve((request, response) => {
      seen = request.headers;
      response.end(`${request.method} ${request.url}`);
    });
    const bytes = await local().fetchBytes(`${origin}/a%20b?c=d#e`, { maxBytes });
    expect(new TextDecoder().decode(bytes)).toBe('GET /a%20b?c=d');
    const host = new URL(origin).host;
    expect(seen).toEqual({
      host,
      connection: 'keep-alive',
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'cflow',
    });
  });

  it('uses no proxy of the environment', async () => {
    const { origin } = await serve((_, response) => response.end('direct'));
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    try {
      const bytes = await local().fetchBytes(origin, { maxBytes });
      expect(new TextDecoder().decode(bytes)).toBe('direct');
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://localhost/',
    'http://localhost./',
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
  ])('refuses %s', async (url) => {
    const error = await errorOf(createGuardedFetch({ allow: ['*'] }).fetchBytes(url, { maxBytes }));
    expect(error).toMatchObject({ name: 'UrlError', code: 'url-refused', retryable: false });
    expect(error.message).toMatch(/not on the public internet/);
  });

  it('refuses every private address in every notation before connecting', async () => {
    const bytes = fc.tuple(
      fc.constantFrom(10, 127, 0),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 255 }),
    );
    const fetcher = createGuardedFetch({ allow: ['*'] });
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(8, 10, 16), async (parts, base) => {
        const text = (value: number) => ({ 8: '0', 10: '', 16: '0x' })[base as 8] + value.toString(base);
        const [a, b, c, d] = parts;
        const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
        const dotted = parts.join('.');
        const hosts = [
          parts.map(text).join('.'),
          text(number),
          [a, b, (c << 8) | d].map(text).join('.'),
          `[::ffff:${dotted}]`,
          `[64:ff9b::${dotted}]`,
        ];
        for (const host of hosts) {
          const error = await errorOf(fetcher.fetchBytes(`http://${host}/`, { maxBytes }));
          expect(error.code, host).toBe('url-refused');
          expect(error.message).toMatch(/not on the public internet/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['file:///etc/passwd', /http or https/],
    ['ftp://a.test/', /http or https/],
    ['data:text/plain,a', /http or https/],
    ['http://user:secret@a.test/', /no user name/],
    ['http://a@a.test/', /no user name/],
    ['//a.test/', /expected an absolute/],
    ['nonsense', /expected an absolute/],
    ['http://b.test/', /not among those/],
    ['http://a.test:8080/', /not among those/],
    ['http://a.test@b.test/', /no user name/],
    ['http://a.test\\@b.test/', /could not be fetched|no user name/],
  ])('refuses %s', async (url, message) => {
    const lookup = () => Promise.reject(new Error('no such name'));
    const error = await errorOf(
      createGuardedFetch({ allow: ['a.test'], lookup }).fetchBytes(url, { maxBytes }),
    );
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });

  it('refuses an address without bounds', async () => {
    const url = `http://a.test/${'x'.repeat(2048)}`;
    const error = await errorOf(createGuardedFetch({ allow: ['a.test'] }).fetchBytes(url, { maxBytes }));
    expect(error.message).toMatch(/at most 2048/);
  });

  it('refuses a name when one of its addresses is an inner one', async () => {
    let connections = 0;
    const { port } = await serve((_, response) => {
      connections++;
      response.end();
    });
    const lookup = async () => [
      { address: '203.0.114.7', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const fetcher = createGuardedFetch({ allow: ['*'], lookup });
    const error = await errorOf(fetcher.fetchBytes(`http://both.test:${port}/`, { maxBytes }));
    expect(error.code).toBe('url-refused');
    expect(error.message).not.toContain('127.0.0.1');
    expect(connections).toBe(0);
  });

  it('checks the address that it connects to, so that a name which changes gains nothing', async () => {
    const { port } = await serve((_, response) => response.end('inner'));
    const asked: string[] = [];
    // Allowed when it is asked for first, not any more from then on.
    const lookup = async (host: string) => {
      asked.push(host);
      return [{ address: asked.length === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    };
    const fetcher = createGuardedFetch({
      allow: ['*'],
      allowPrivate: ['127.0.0.2'],
      lookup,
      connectTimeoutMs: 2000,
    });
    const url = `http://rebinding.test:${port}/`;
    const errors = [
      await errorOf(fetcher.fetchBytes(url, { maxBytes })),
      await errorOf(fetcher.fetchBytes(url, { maxBytes })),
    ];
    // Each connection looked up once, and what it found was judged: the first is allowed but nobody listens there.
    expect(asked).toEqual(['rebinding.test', 'rebinding.test']);
    expect(errors.map(({ code }) => code)).toEqual(['unavailable', 'url-refused']);
  });

  it('connects a name to the address that its own lookup gave', async () => {
    const { port } = await serve((request, response) => response.end(request.headers.host));
    const fetcher = createGuardedFetch({
      allow: [`*.test:${port}`],
      allowPrivate: [`images.test:${port}`],
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const bytes = await fetcher.fetchBytes(`http://images.test.:${port}/`, { maxBytes });
    expect(new TextDecoder().decode(bytes)).toBe(`images.test:${port}`);
    const other = await errorOf(fetcher.fetchBytes(`http://other.test:${port}/`, { maxBytes }));
    expect(other.code).toBe('url-refused');
  });

  describe('redirects', () => {
    it('follows them, relative ones too, and no more than allowed', async () => {
      const { origin } = await serve((request, response) => {
        const left = Number(request.url?.slice(1));
        if (left === 0) return response.end('there');
        response.writeHead([301, 302, 303, 307, 308][left]!, { location: `/${left - 1}` }).end();
      });
      const bytes = await local().fetchBytes(`${origin}/3`, { maxBytes });
      expect(new TextDecoder().decode(bytes)).toBe('there');
      const error = await errorOf(local().fetchBytes(`${origin}/4`, { maxBytes }));
      expect(error.message).toMatch(/redirects more than 3 times/);
      await errorOf(local({ maxRedirects: 0 }).fetchBytes(`${origin}/1`, { maxBytes }));
    });

    it.each([
      'http://127.0.0.2/',
      'http://169.254.169.254/latest/meta-data/',
      'http://[::1]:9/secret-path',
      'file:///etc/passwd',
      'http://user:password@127.0.0.1/',
      'http://',
    ])('does not follow one to %s, and does not say where it led', async (location) => {
      const { origin, port } = await serve((_, response) => response.writeHead(302, { location }).end());
      for (const allow of ['*', `127.0.0.1:${port}`]) {
        const error = await errorOf(local({ allow: [allow] }).fetchBytes(`${origin}/start`, { maxBytes }));
        expect(error.code).toBe('url-refused');
        expect(error.message).toContain(`${origin}/start`);
        expect(error.message).not.toMatch(/127\.0\.0\.2|169\.254|::1|secret|passw/);
      }
    });
  });
});

describe('fetchToStream', () => {
  it('gives what the server says of the file, and its bytes', async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': 5 }).end('hello'),
    );
    const { body, contentType, size } = await local().fetchToStream(origin, { maxBytes });
    expect({ contentType, size }).toEqual({ contentType: 'application/zip', size: 5 });
    expect(await new Response(body).text()).toBe('hello');
  });

  it('fails in the stream when it grows too large, stops or takes too long', async () => {
    const { origin } = await serve((request, response) => {
      response.write('x'.repeat(request.url === '/large' ? 2 * maxBytes : 10));
      if (request.url === '/broken') setImmediate(() => response.destroy());
    });
    const read = async (path: string) => {
      const { body } = await local().fetchToStream(origin + path, { maxBytes, timeoutMs: 1000 });
      return errorOf(new Response(body).arrayBuffer());
    };
    expect(await read('/large')).toMatchObject({ code: 'url-refused' });
    expect(await read('/broken')).toMatchObject({ code: 'unavailable' });
    expect((await read('/slow')).message).toMatch(/after 1000 ms/);
  });

  it('closes the connection when it is cancelled, also while a read waits', async () => {
    let closed = 0;
    let tell = (): void => {};
    const { origin } = await serve((_, response) => {
      response.on('close', () => {
        closed++;
        tell();
      });
      response.write('x');
    });
    for (const reads of [0, 1, 2]) {
      const gone = new Promise<void>((resolve) => {
        tell = resolve;
      });
      const { body } = await local().fetchToStream(origin, { maxBytes });
      const reader = body.getReader();
      if (reads > 0) await reader.read();
      const waiting = reads > 1 ? reader.read() : undefined;
      await reader.cancel();
      await gone;
      expect(await (waiting ?? { done: true })).toMatchObject({ done: true });
    }
    expect(closed).toBe(3);
  });
});

describe('post', () => {
  it('sends headers and body and gives the status, whatever it is', async () => {
    const got: unknown[] = [];
    const { origin } = await serve(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      got.push(request.method, request.headers['webhook-id'], text);
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end('ignored');
    });
    const status = await local().post(origin, { headers: { 'webhook-id': 'a' }, body: '{"a":1}' });
    expect(status).toEqual({ status: 302 });
    expect(got).toEqual(['POST', 'a', '{"a":1}']);
  });

  it('is guarded as the others are', async () => {
    const { origin } = await serve((_, response) => response.end());
    const options = { headers: {}, body: '' };
    expect((await errorOf(createGuardedFetch({ allow: ['*'] }).post(origin, options))).code).toBe(
      'url-refused',
    );
    expect((await errorOf(local({ allow: [] }).post(origin, options))).code).toBe('url-refused');
  });
});
