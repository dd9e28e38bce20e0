// What stands behind a bucket's binding: Cloudflare's runtime has the binding, and leaves the objects to a service that it
// asks over HTTP. This one keeps them in memory. It answers what the binding sends for head, get, put, delete, list and
// uploads in parts, with R2's error codes and its rules for conditions, ranges and parts; metadata of the user is not kept.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface R2Server {
  /** To be bound as a bucket. */
  readonly origin: string;
  readonly keys: () => string[];
  /** Writes an object past the binding. */
  put(key: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

interface Stored {
  bytes: Buffer;
  etag: string;
  version: string;
  uploaded: number;
}

interface Upload {
  key: string;
  parts: Map<number, { bytes: Buffer; etag: string }>;
}

type Etag = { type: 'strong' | 'weak'; value: string } | { type: 'wildcard' };

interface R2Request {
  method: string;
  object?: string;
  objects?: string[];
  range?: { offset?: string | number; length?: string | number; suffix?: string | number };
  onlyIf?: { etagMatches?: Etag[]; etagDoesNotMatch?: Etag[] };
  limit?: number;
  prefix?: string;
  cursor?: string;
  delimiter?: string;
  startAfter?: string;
  uploadId?: string;
  partNumber?: number;
  parts?: { etag: string; part: number }[];
}

class R2Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const METADATA_SIZE = 'cf-r2-metadata-size';
const MAX_KEYS = 1000;
const LEAST_PART = 5 * 2 ** 20;

export async function startR2Server(): Promise<R2Server> {
  const bucket = new Bucket();
  const server = createServer((request, response) => void answer(bucket, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    keys: () => bucket.keys(),
    put: (object, bytes) => void bucket.do({ method: 'put', object }, Buffer.from(bytes)),
    close: () => close(server),
  };
}

async function answer(bucket: Bucket, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { asked, value } = await read(request);
    const { metadata, body } = bucket.do(asked, value);
    const head = Buffer.from(JSON.stringify(metadata));
    response.writeHead(200, { [METADATA_SIZE]: String(head.length), 'content-type': 'application/json' });
    response.end(body ? Buffer.concat([head, body]) : head);
  } catch (error) {
    if (!(error instanceof R2Failure)) {
      // The client broke off, or this program is wrong: either way nothing was stored.
      response.destroy(error as Error);
      return;
    }
    const { status, code, message } = error;
    response.writeHead(status, { 'cf-r2-error': JSON.stringify({ version: 1, v4code: code, message }) });
    response.end();
  }
}

/** Of a GET the header is the request; of a PUT it comes first in the body, and then the value. */
async function read(request: IncomingMessage): Promise<{ asked: R2Request; value: Buffer }> {
  const header = request.headers['cf-r2-request'];
  if (request.method === 'GET') return { asked: JSON.parse(header as string), value: Buffer.alloc(0) };
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (!request.complete) throw new Error('the request broke off');
  const all = Buffer.concat(chunks);
  const size = Number(request.headers[METADATA_SIZE]);
  return { asked: JSON.parse(all.subarray(0, size).toString('utf8')), value: all.subarray(size) };
}

class Bucket {
  readonly #objects = new Map<string, Stored>();
  readonly #uploads = new Map<string, Upload>();

  keys(): string[] {
    return [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  do(asked: R2Request, value: Buffer): { metadata: unknown; body?: Buffer } {
    const key = asked.object as string;
    switch (asked.method) {
      case 'head':
        return { metadata: infoOf(key, this.#find(key)) };
      case 'get':
        return this.#get(key, asked);
      case 'put':
        this.#check(this.#objects.get(key), asked.onlyIf);
        return { metadata: infoOf(key, this.#store(key, value, md5(value))) };
      case 'delete':
        for (const each of asked.objects ?? [key]) this.#objects.delete(each);
        return { metadata: {} };
      case 'list':
        return { metadata: this.#list(asked) };
      case 'createMultipartUpload': {
        const uploadId = randomBytes(16).toString('hex');
        this.#uploads.set(uploadId, { key, parts: new Map() });
        return { metadata: { uploadId } };
      }
      case 'uploadPart': {
        const etag = md5(value);
        this.#upload(asked).parts.set(asked.partNumber as number, { bytes: value, etag });
        return { metadata: { etag } };
      }
      case 'completeMultipartUpload':
        return { metadata: infoOf(key, this.#complete(asked)) };
      case 'abortMultipartUpload':
        this.#uploads.delete(asked.uploadId as string);
        return { metadata: {} };
      default:
        throw new R2Failure(400, 10029, `no such method: ${asked.method}`);
    }
  }

  #find(key: string): Stored {
    const found = this.#objects.get(key);
    if (found) return found;
    throw new R2Failure(404, 10007, 'The specified key does not exist.');
  }

  #store(key: string, bytes: Buffer, etag: string): Stored {
    const stored = { bytes, etag, version: randomBytes(16).toString('hex'), uploaded: Date.now() };
    this.#objects.set(key, stored);
    return stored;
  }

  #get(key: string, { range, onlyIf }: R2Request): { metadata: unknown; body: Buffer } {
    const found = this.#find(key);
    this.#check(found, onlyIf);
    const size = found.bytes.length;
    if (!range) return { metadata: infoOf(key, found), body: found.bytes };
    const offset = Number(range.offset ?? Math.max(0, size - Number(range.suffix ?? size)));
    if (offset >= size) throw new R2Failure(416, 10039, 'The requested range is not satisfiable');
    const length = Math.min(Number(range.length ?? size), size - offset);
    const metadata = { ...infoOf(key, found), range: { offset, length } };
    return { metadata, body: found.bytes.subarray(offset, offset + length) };
  }

  #check(found: Stored | undefined, condition: R2Request['onlyIf']): void {
    const names = ({ ...etag }: Etag): boolean =>
      found !== undefined && (etag.type === 'wildcard' || etag.value === found.etag);
    const { etagMatches, etagDoesNotMatch } = condition ?? {};
    if ((!etagMatches || etagMatches.some(names)) && !etagDoesNotMatch?.some(names)) return;
    throw new R2Failure(412, 10031, 'At least one of the pre-conditions you specified did not hold.');
  }

  #list({ limit = MAX_KEYS, prefix = '', cursor, delimiter, startAfter }: R2Request): object {
    const after = cursor === undefined ? startAfter : Buffer.from(cursor, 'base64').toString('utf8');
    const objects: object[] = [];
    const delimitedPrefixes: string[] = [];
    let last: string | undefined;
    for (const key of this.keys()) {
      if (!key.startsWith(prefix) || (after !== undefined && compare(key, after) <= 0)) continue;
      const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      const group = end < 0 ? undefined : key.slice(0, end + (delimiter as string).length);
      if (group !== undefined && delimitedPrefixes.at(-1) === group) {
        last = key;
        continue;
      }
      if (objects.length + delimitedPrefixes.length === Math.min(limit, MAX_KEYS)) {
        const next = Buffer.from(last as string).toString('base64');
        return { objects, delimitedPrefixes, truncated: true, cursor: next };
      }
      last = key;
      if (group === undefined) objects.push(infoOf(key, this.#find(key)));
      else delimitedPrefixes.push(group);
    }
    return { objects, delimitedPrefixes, truncated: false };
  }

  #upload({ uploadId, object }: R2Request): Upload {
    const upload = this.#uploads.get(uploadId as string);
    if (upload?.key === object) return upload as Upload;
    throw new R2Failure(400, 10024, 'The specified multipart upload does not exist.');
  }

  #complete(asked: R2Request): Stored {
    const upload = this.#upload(asked);
    const parts = (asked.parts ?? []).map(({ part, etag }) => {
      const found = upload.parts.get(part);
      if (found?.etag === etag) return found;
      throw new R2Failure(400, 10025, 'One or more of the specified parts could not be found.');
    });
    const sizes = parts.slice(0, -1).map(({ bytes }) => bytes.length);
    if (sizes.some((size) => size < LEAST_PART || size !== sizes[0])) {
      throw new R2Failure(400, 10011, 'There was a problem with the multipart upload.');
    }
    this.#uploads.delete(asked.uploadId as string);
    const etag = `${md5(Buffer.from(parts.map((each) => each.etag).join('')))}-${parts.length}`;
    return this.#store(upload.key, Buffer.concat(parts.map(({ bytes }) => bytes)), etag);
  }
}

function infoOf(name: string, { bytes, etag, version, uploaded }: Stored): object {
  return { name, version, size: bytes.length, etag, uploaded, httpFields: {}, customFields: [] };
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
