import { BUNDLE_FILES } from '@cflow/spec';
import { getFileRoute } from '../../openapi/file-routes.js';
import { namesEtag, parseByteRange } from '../byte-range.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';

/** Downloads of the files of versions. */
export function fileRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;

  app.openapi({ ...getFileRoute, middleware: [requires(parts, 'read')] }, async (c) => {
    const { name, version: reference, file } = c.req.valid('param');
    const version = await registry.resolve(name, reference);
    const { size, sha256 } = await facts(name, version, file);
    const etag = `"${sha256}"`;
    const headers: Record<string, string> = {
      etag,
      'accept-ranges': 'bytes',
      // What an alias means can change; what a version is cannot.
      'cache-control': reference === version ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    };
    if (namesEtag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
    const ifRange = c.req.header('if-range');
    const wanted = ifRange === undefined || ifRange === etag ? c.req.header('range') : undefined;
    const range = parseByteRange(wanted, size);
    if (range === 'unsatisfiable') {
      throw new ProblemError('range-not-satisfiable', `the file has ${size} bytes`, {
        headers: { 'content-range': `bytes */${size}` },
      });
    }
    Object.assign(headers, {
      'content-type': 'application/octet-stream',
      'content-length': String(range ? range.end - range.start + 1 : size),
      // A report is a page written by the person who trained the detector: it must never run as one of this service.
      'content-disposition': `attachment; filename="${file}"`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
    });
    const status = range ? 206 : 200;
    if (c.req.raw.method === 'HEAD') return c.body(null, status, headers);
    const { body } = await registry.file(name, version, file, { range, signal: c.req.raw.signal });
    return c.body(body, status, headers);
  });

  // The manifest lists every file but itself.
  async function facts(
    name: string,
    version: string,
    file: string,
  ): Promise<{ size: number; sha256: string }> {
    if (file === BUNDLE_FILES.manifest) {
      const { size, sha256, body } = await registry.file(name, version, file);
      await body.cancel();
      return { size, sha256 };
    }
    const { manifest } = await registry.version(name, version);
    const listed = Object.hasOwn(manifest.files, file) ? manifest.files[file] : undefined;
    if (!listed) {
      const files = [BUNDLE_FILES.manifest, ...Object.keys(manifest.files)].join(', ');
      throw new ProblemError('not-found', `the version has no file "${file}"; it has ${files}`);
    }
    return { size: listed.bytes, sha256: listed.sha256 };
  }
  return app;
}
