import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import type { PageAsset } from '../app/parts.js';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  // Browsers compile it while it arrives only when it comes as what it is.
  '.wasm': 'application/wasm',
};

/** The hash that the build puts into the name of an asset or of its folder: whatever has the same name is the same. */
const HASHED = /-(?:[0-9a-f]{10}|[0-9A-Z]{8})(?:\.\w+$|\/)/;

/**
 * The web page's files by the path that they are served under: `/`, `/docs`, and `/assets/…`.
 *
 * @param directory What the build of `@cflow/page` made. Default: what is installed.
 * @throws ConfigurationError when the page is not built.
 */
export async function loadPage(directory: string = builtPage()): Promise<ReadonlyMap<string, PageAsset>> {
  const page = new Map<string, PageAsset>();
  for (const file of await filesIn(directory)) {
    const stored = `/${relative(directory, file).split(sep).join('/')}`;
    const path = stored.replace(/\.gz$/, '');
    const contentType = CONTENT_TYPES[extname(path)];
    if (contentType === undefined) continue;
    const body = new Uint8Array(await readFile(file));
    const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
    const cacheControl = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
    const address = path === '/index.html' ? '/' : path.replace(/\.html$/, '');
    const encoding = stored === path ? undefined : 'gzip';
    page.set(address, { contentType, body, etag, cacheControl, encoding });
  }
  if (!page.has('/')) {
    throw new ConfigurationError('expected a built page, got none; run the build of @cflow/page');
  }
  return page;
}

/** By the package's name, so that it is found in a checkout, in an image and where packages are installed. */
function builtPage(): string {
  const manifest = createRequire(import.meta.url).resolve('@cflow/page/package.json');
  return join(dirname(manifest), 'dist');
}

async function filesIn(directory: string): Promise<string[]> {
  // A folder that is not there is a page that is not built.
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
