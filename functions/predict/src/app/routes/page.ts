import { streamOf } from '@cflow/store';
import { namesEtag } from '../byte-range.js';
import { DecodedAssets } from '../decoded-assets.js';
import { type App, newApp } from '../new-app.js';
import type { PageAsset } from '../parts.js';

/** Nothing from elsewhere, nothing inline, in nobody's frame; WebAssembly, for scoring in the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What makes the page cross-origin isolated: without it, browsers give WebAssembly one thread. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

/** The web page and what it is made of. */
export function pageRoutes(assets: ReadonlyMap<string, PageAsset>): App {
  const app = newApp();
  const asItWas = new DecodedAssets();
  for (const [path, { body, contentType, encoding, etag, cacheControl = 'no-cache' }] of assets) {
    const bytes = body as Uint8Array<ArrayBuffer>;
    app.get(path, async (c) => {
      const decoded = encoding && !takes(c.req.header('accept-encoding'), encoding) ? encoding : undefined;
      // A strong tag names bytes, and these are others: a cache must not take one for the other (RFC 9110, 8.8.3.3).
      const tag = decoded ? etag.replace(/"$/, '-decoded"') : etag;
      const headers = {
        ...ISOLATED,
        etag: tag,
        'cache-control': cacheControl,
        'content-security-policy': POLICY,
        ...(encoding && { vary: 'Accept-Encoding' }),
      };
      if (namesEtag(c.req.header('if-none-match'), tag)) return c.body(null, 304, headers);
      const sent = decoded ? await asItWas.of(bytes, decoded) : bytes;
      // As a stream: bytes would be copied for each answer, and the largest are 27 MB.
      return c.body(streamOf(sent), 200, {
        ...headers,
        'content-type': contentType,
        'content-length': String(sent.length),
        ...(encoding && !decoded && { 'content-encoding': encoding }),
      });
    });
  }
  return app;
}

/** Whether a header Accept-Encoding names a coding, and not with the weight 0. */
function takes(header: string | undefined, coding: string): boolean {
  return (header ?? '').split(',').some((each) => {
    const [name, ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return name === coding && Number(weight ?? 1) > 0;
  });
}
