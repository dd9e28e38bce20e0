import { namesEtag } from '../byte-range.js';
import { type App, newApp } from '../new-app.js';
import type { PageAsset } from '../parts.js';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The web page and what it is made of. */
export function pageRoutes(assets: ReadonlyMap<string, PageAsset>): App {
  const app = newApp();
  for (const [path, { body, contentType, etag, cacheControl = 'no-cache' }] of assets) {
    const bytes = new Uint8Array(body);
    app.get(path, (c) => {
      const headers = { etag, 'cache-control': cacheControl, 'content-security-policy': POLICY };
      if (namesEtag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
      return c.body(bytes, 200, { ...headers, 'content-type': contentType });
    });
  }
  return app;
}
