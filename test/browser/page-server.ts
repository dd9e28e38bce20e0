import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../../sdk/dist', import.meta.url));
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
  '.png': 'image/png',
};

/** The SDK's entries as `local`, `automatic` and `drawing` of the page. */
const PAGE = `<!doctype html>
<html lang="en">
<link rel="icon" href="data:,">
<title>page</title>
<script type="module">
  import * as local from '/sdk/local.js';
  import * as automatic from '/sdk/automatic.js';
  import * as drawing from '/sdk/drawing.js';
  import { CflowClient } from '/sdk/index.js';
  Object.assign(globalThis, { local, automatic, drawing, CflowClient });
</script>
</html>`;

/** What a request of a file may meet, once: return true to have answered it. */
export type Obstacle = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
) => boolean;

export interface PageServerOptions {
  /** Whether pages are cross-origin isolated, as threads need. Default true. */
  isolated?: boolean;
  /** Whether pages of other origins may read. Default false. */
  cors?: boolean;
}

/** A server on this machine with the SDK as it is built, files of a test, and a log of what was asked for. */
export class PageServer {
  readonly files: Map<string, Uint8Array> = new Map();
  /** Paths in the order of their requests, `Range` after a blank. */
  readonly log: string[] = [];
  obstacle: Obstacle | undefined;
  readonly #options: PageServerOptions;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  constructor(options: PageServerOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves the files of a bundle under `/<name>/`. */
  addBundle(name: string, files: ReadonlyMap<string, Uint8Array>): void {
    for (const [file, bytes] of files) this.files.set(`/${name}/${file}`, bytes);
  }

  /** Requests for files whose paths start so. */
  asked(prefix: string): string[] {
    return this.log.filter((path) => path.startsWith(prefix));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { isolated = true, cors = false } = this.#options;
    const path = new URL(request.url as string, this.origin).pathname;
    const { range } = request.headers;
    this.log.push(range ? `${path} ${range}` : path);
    response.setHeader('cache-control', 'no-store');
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
      response.setHeader('cross-origin-resource-policy', 'cross-origin');
    }
    if (cors) response.setHeader('access-control-allow-origin', '*');
    const bytes = this.files.get(path);
    if (bytes) {
      this.#send(path, request, response, bytes);
      return;
    }
    if (path === '/') {
      response.setHeader('content-type', 'text/html');
      response.end(PAGE);
      return;
    }
    const file = join(SDK, path.replace(/^\/sdk\//, ''));
    if (!path.startsWith('/sdk/') || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  }

  #send(path: string, request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
    if (this.obstacle?.(path, request, response, bytes)) return;
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
    }
    response.setHeader('content-length', bytes.length - from);
    response.end(bytes.subarray(from));
  }
}
