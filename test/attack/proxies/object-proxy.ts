import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an object store does to those who read from it: `half` ends bodies early, `short` also says that this was all. */
export type Mischief = 'none' | 'half' | 'short' | 'old';

/** Stands before an object store and answers reads wrongly. */
export interface ObjectProxy {
  readonly url: string;
  mischief: Mischief;
  /** Reads that it has answered wrongly. */
  readonly spoilt: number;
  close(): Promise<void>;
}

interface Kept {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export async function startObjectProxy(endpoint: string): Promise<ObjectProxy> {
  const { hostname, port } = new URL(endpoint);
  const first = new Map<string, Kept>();
  let spoilt = 0;
  const server = createServer((incoming, response) => {
    // The signature covers the name that was called, so it goes along as it is.
    const { method = 'GET', url = '/', headers } = incoming;
    const upstream = request({ hostname, port, method, path: url, headers }, (answer) => {
      if (method !== 'GET') {
        response.writeHead(answer.statusCode as number, answer.headers);
        answer.pipe(response);
        return;
      }
      void whole(answer).then((body) => {
        const found: Kept = { status: answer.statusCode as number, headers: answer.headers, body };
        if (found.status < 400 && !first.has(url)) first.set(url, found);
        spoilt += answerRead(response, found, first.get(url) ?? found, proxy.mischief) ? 1 : 0;
      });
    });
    upstream.on('error', () => response.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: ObjectProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mischief: 'none',
    get spoilt() {
      return spoilt;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

/** Answers a read; whether it was other than the store's own. */
function answerRead(response: ServerResponse, found: Kept, old: Kept, mischief: Mischief): boolean {
  const { status, body } = mischief === 'old' ? old : found;
  // What came in chunks is whole here, and goes on with its length.
  const { 'transfer-encoding': _, ...headers } = (mischief === 'old' ? old : found).headers;
  const half = body.subarray(0, body.length >> 1);
  const spoils = status < 300 && body.length > 1;
  if (spoils && mischief === 'half') {
    response.writeHead(status, { ...headers, 'content-length': body.length });
    response.write(half, () => response.destroy());
    return true;
  }
  if (spoils && mischief === 'short') {
    response.writeHead(status, { ...headers, 'content-length': half.length });
    response.end(half);
    return true;
  }
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
  return mischief === 'old' && !body.equals(found.body);
}

async function whole(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
