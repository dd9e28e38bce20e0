import { createHash } from 'node:crypto';
import { LoopbackServer } from './loopback-server.js';

/** A hub on loopback that serves one file for every repository and revision, and counts what it was asked. */
export class LoopbackHub extends LoopbackServer {
  requests = 0;
  /** By repository, `timm/resnet18.a1_in1k`. */
  readonly files: Map<string, Uint8Array> = new Map();

  constructor() {
    super((request, response) => {
      this.requests++;
      const repository = /^\/([^/]+\/[^/]+)\/resolve\//.exec(request.url ?? '')?.[1] ?? '';
      const file = this.files.get(repository);
      if (!file) {
        response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
        return;
      }
      response.setHeader('x-linked-etag', `"${createHash('sha256').update(file).digest('hex')}"`);
      response.setHeader('x-linked-size', file.length);
      const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
      if (start === undefined) {
        response.writeHead(200, { 'content-length': file.length }).end(file);
        return;
      }
      const part = file.subarray(Number(start), end ? Number(end) + 1 : file.length);
      const range = `bytes ${start}-${Number(start) + part.length - 1}/${file.length}`;
      response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part);
    });
  }
}
