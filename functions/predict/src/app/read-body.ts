import type { Context } from 'hono';
import { collect } from './collect.js';
import type { AppEnvironment } from './environment.js';
import type { Limits } from './parts.js';
import { ProblemError } from './problem.js';

export interface BodyLimits {
  maxBytes: number;
  /** Milliseconds without a single byte after which the sender counts as gone. */
  idleMs: number;
}

/** The limits of a body with images. */
export function imageBodyLimits(limits: Limits): BodyLimits {
  return { maxBytes: limits.bodyBytes, idleMs: limits.bodyTimeoutMs };
}

/** The limits of an uploaded data set or bundle. */
export function uploadLimits(limits: Limits): BodyLimits {
  return { maxBytes: limits.uploadBytes, idleMs: limits.bodyTimeoutMs };
}

/**
 * The bytes of a request as they arrive, counted: what Content-Length says is believed only where it says too much.
 * Throws ProblemError `payload-too-large`, `timeout` (408), and `invalid-request` when the sender breaks off.
 */
export async function* bodyChunks(
  c: Context<AppEnvironment>,
  { maxBytes, idleMs }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (Number(c.req.header('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const body = c.req.raw.body as ReadableStream<Uint8Array> | null;
  if (!body) return;
  const deadline = c.get('deadline');
  const reader = body.getReader();
  deadline.readingBody = true;
  let total = 0;
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await nextChunk(reader, idleMs, deadline.expired);
      if (done) break;
      total += value.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
    finished = true;
  } finally {
    deadline.readingBody = false;
    // Whoever stops early wants no more of it; the connection's end is the host's business.
    if (!finished) reader.cancel().catch(() => {});
  }
}

/** The whole body of a request. Throws as `bodyChunks`. */
export async function readBody(
  c: Context<AppEnvironment>,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  return collect(bodyChunks(c, limits));
}

/** The JSON value of a body. Throws as `bodyChunks`, and `invalid-request` when it is no JSON in UTF-8. */
export async function readJson(c: Context<AppEnvironment>, limits: BodyLimits): Promise<unknown> {
  const bytes = await readBody(c, limits);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('invalid-request', 'the body is not JSON in UTF-8', { cause });
  }
}

/** The media type of the body, without parameters, in lower case; empty when none is named. */
export function mediaType(c: Context<AppEnvironment>): string {
  const header = c.req.header('content-type') ?? '';
  return (header.split(';', 1)[0] as string).trim().toLowerCase();
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
  expired: Promise<never>,
): Promise<{ done: true; value?: unknown } | { done: false; value: Uint8Array }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const idle = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const detail = `nothing of the body arrived for ${idleMs} ms; send it again, faster`;
      reject(new ProblemError('timeout', detail, { status: 408, headers: { connection: 'close' } }));
    }, idleMs);
  });
  try {
    return await Promise.race([reader.read(), idle, expired]);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('invalid-request', 'the body broke off before its end; send it again', {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('payload-too-large', `expected a body of at most ${maxBytes} bytes; send less`, {
    headers: { connection: 'close' },
  });
}
