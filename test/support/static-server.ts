import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** What lies at a path of the server: content, or a file. */
export type Served = string | Uint8Array | { file: string };

export interface StaticServer {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  close(): Promise<void>;
}

/** Serves exactly these paths on the loopback interface, isolated across origins so that wasm may have threads. */
export async function serveStatic(content: ReadonlyMap<string, Served>): Promise<StaticServer> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const served = content.get(path);
    if (served === undefined) {
      response.writeHead(404).end();
      return;
    }
    const name = typeof served === 'object' && 'file' in served ? served.file : path;
    const body = typeof served === 'object' && 'file' in served ? await readFile(served.file) : served;
    response.writeHead(200, {
      'content-type': TYPES[extname(name) || '.html'] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cache-control': 'no-store',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
