// A page that a guide shows, opened in a real browser as a server with the SDK's files, the bundles of the guide and
// the service behind it would serve it.
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startChromium } from '../../browser/chromium.js';
import { ROOT } from './fenced-blocks.js';
import { type Addresses, SERVICE } from './prepare.js';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.png': 'image/png',
};
/** Folders of packages by how their addresses begin. */
const PACKAGES = { '/sdk/': join(ROOT, 'sdk/dist'), '/viewer/': join(ROOT, 'packages/viewer/dist') };

/** What a bundler does with the names of packages. */
const IMPORT_MAP = `<script type="importmap">${JSON.stringify({
  imports: {
    '@cflow/sdk': '/sdk/index.js',
    '@cflow/sdk/local': '/sdk/local.js',
    '@cflow/sdk/automatic': '/sdk/automatic.js',
    '@cflow/sdk/drawing': '/sdk/drawing.js',
    '@cflow/viewer': '/viewer/index.js',
  },
})}</script>`;

/**
 * Opens the page, gives its file inputs what they ask for (`part.png`, or all of `good` where several are taken), presses
 * its button, and waits until its `output` says that it is done: a text that ends with a full stop.
 */
export async function runHtml(html: string, folder: string, addresses: Addresses): Promise<string> {
  const page = html.replace(/<script type="module">/, `${IMPORT_MAP}\n$&`);
  const server = createServer((request, response) => {
    answer(request, response, page, folder, addresses.get(SERVICE)).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let browser: Browser | undefined;
  try {
    browser = await startChromium();
    return await use(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, folder);
  } finally {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function use(browser: Browser, url: string, folder: string): Promise<string> {
  const tab = await browser.newPage();
  const wrong: string[] = [];
  tab.on('pageerror', (error) => wrong.push(String(error)));
  await tab.goto(url);
  const output = tab.locator('output');
  const settled = async (): Promise<string> => {
    for (let i = 0; i < 600; i++) {
      const text = await output.innerText();
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      if (text.endsWith('.')) return text;
      await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error(`the page did not come to an end; it says: ${await output.innerText()}`);
  };
  let said = await settled();
  for (const input of await tab.locator('input[type=file]').all()) {
    const several = (await input.getAttribute('multiple')) !== null;
    const good = several ? readdirSync(join(folder, 'good')).map((name) => join(folder, 'good', name)) : [];
    await input.setInputFiles(several ? good : join(folder, 'part.png'));
    said = await settled();
  }
  return said;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  page: string,
  folder: string,
  service: string | undefined,
): Promise<void> {
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  const { pathname, search } = new URL(request.url as string, 'http://localhost');
  if (pathname === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    return;
  }
  if (pathname.startsWith('/v1/') && service) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', headers } = request;
    const init = { method, headers: { 'content-type': headers['content-type'] ?? '' } };
    const body = Buffer.concat(chunks);
    const found = await fetch(
      `${service}${pathname}${search}`,
      method === 'GET' ? init : { ...init, body: new Uint8Array(body) },
    );
    response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? '' });
    response.end(new Uint8Array(await found.arrayBuffer()));
    return;
  }
  const [prefix, place] = Object.entries(PACKAGES).find(([begin]) => pathname.startsWith(begin)) ?? [
    '/',
    folder,
  ];
  const file = join(place, decodeURIComponent(pathname.slice(prefix.length)));
  if (!existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
}
