import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WeightsError } from '@cflow/spec';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { pullBackbone } from '../weights/hub.js';
import { writeSafetensors } from '../weights/safetensors.js';
import { LoopbackServer } from './loopback-server.js';

export const values: Float32Array = Float32Array.from({ length: 100_000 }, (_, i) => i);
/** The one file that it has. */
export const weights: Uint8Array = writeSafetensors(
  new Map([['conv1.weight', { type: 'float32', dims: [values.length], data: values }]]),
);
export const sha256: string = createHash('sha256').update(weights).digest('hex');
export const RESOLVE = '/timm/resnet18.a1_in1k/resolve/main/model.safetensors';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A hub on loopback whose answers a test decides; it keeps what it was asked: "METHOD path range? token?". */
export class ScriptedHub extends LoopbackServer {
  readonly log: string[] = [];
  handler: Handler = hub;

  constructor() {
    super((request, response) => {
      const { method, url, headers } = request;
      this.log.push([method, url, headers.range, headers.authorization].filter(Boolean).join(' '));
      this.handler(request, response);
    });
  }
}

/** The part of the file that a request asks for, as the hub's storage answers. */
export const storage: Handler = (request, response) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { etag: '"storage"', 'content-length': weights.length }).end(weights);
    return;
  }
  const start = Number(range[1]);
  const end = range[2] ? Number(range[2]) : weights.length - 1;
  const part = weights.subarray(start, end + 1);
  response
    .writeHead(206, {
      etag: '"storage"',
      'content-length': part.length,
      'content-range': `bytes ${start}-${end}/${weights.length}`,
    })
    .end(part);
};

/** The hub, as it answers for a file that it serves itself. */
export const hub: Handler = (request, response) => {
  if (request.url !== RESOLVE) {
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    return;
  }
  response.setHeader('x-linked-etag', `"${sha256}"`);
  response.setHeader('x-linked-size', weights.length);
  response.setHeader('x-repo-commit', 'c0ffee'.repeat(7).slice(0, 40));
  storage(request, response);
};

export const refuse =
  (status: number, code?: string): Handler =>
  (_, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', ...(code && { 'x-error-code': code }) })
      .end('{"error":"no"}');
  };

/** A hub and an empty cache. */
export interface HubPlace {
  server: ScriptedHub;
  endpoint: string;
  cacheDir: string;
  pull(options?: Parameters<typeof pullBackbone>[1]): ReturnType<typeof pullBackbone>;
  /** What lies in the cache, whole or in part. */
  weightFiles(): Promise<string[]>;
}

/** New ones for each test of a file. */
export function hubForEachTest(): HubPlace {
  const place: HubPlace = {
    server: new ScriptedHub(),
    endpoint: '',
    cacheDir: '',
    pull: (options = {}) =>
      pullBackbone('resnet18.a1_in1k', {
        endpoint: place.endpoint,
        cacheDir: place.cacheDir,
        ...options,
      }),
    weightFiles: async () => {
      const names = await readdir(place.cacheDir, { recursive: true });
      return names.filter((name) => name.endsWith('.safetensors') || name.endsWith('.partial'));
    },
  };
  beforeEach(async () => {
    place.cacheDir = await mkdtemp(join(tmpdir(), 'cflow-hub-'));
    place.server = new ScriptedHub();
    place.endpoint = await place.server.listen();
    vi.stubEnv('HF_TOKEN', undefined);
    vi.stubEnv('HF_ENDPOINT', undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await place.server.close();
    await rm(place.cacheDir, { recursive: true, force: true });
  });
  return place;
}

/** What a pull fails with, which it has to. */
export async function failure(promise: Promise<unknown>): Promise<WeightsError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(WeightsError);
  return error;
}
