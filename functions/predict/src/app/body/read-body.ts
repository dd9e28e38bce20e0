import type { Context } from 'hono';
import type { AppEnvironment } from '../environment.js';
import type { Limits } from '../parts.js';
import { ProblemError } from '../problem.js';
import { shortened } from '../shortened.js';
import { stoppedBy } from '../stopped-by.js';
import { collect } from './collect.js';
import { contentCoding } from './content-coding.js';
import { decodedChunks } from './decoded-chunks.js';
import { type BodyReader, joinedReader } from './joined-reader.js';
import { SenderWatch, type SlowestSender } from './sender-watch.js';

export interface BodyLimits {
  maxBytes: number;
  /** Milliseconds without a single byte after which the sender counts as gone. */
  idleMs: number;
  slowest: SlowestSender;
}

/** A modem of the last century is faster; anything slower is keeping a request open rather than sending one. */
const SLOWEST: SlowestSender = { graceMs: 10_000, bytesPerSecond: 4096 };

/** Bytes of bodies that all requests together may hold. One body always fits. */
export function bodyMemoryBytes({ bodyBytes, bodyMemoryBytes: most = 8 * bodyBytes }: Limits): number {
  return Math.max(most, bodyBytes);
}

/** The limits of a body with images, or of another with fewer bytes. */
export function bodyLimits(limits: Limits, maxBytes: number = limits.bodyBytes): BodyLimits {
  const { bodyBytes, bodyTimeoutMs: idleMs, slowestBody: slowest = SLOWEST } = limits;
  return { maxBytes: Math.min(maxBytes, bodyBytes), idleMs, slowest };
}

/** The limits of an uploaded data set or bundle. */
export function uploadLimits(limits: Limits, maxBytes: number = limits.uploadBytes): BodyLimits {
  return { ...bodyLimits(limits), maxBytes: Math.min(maxBytes, limits.uploadBytes) };
}

/**
 * The bytes of a request as they arrive, counted: what Content-Length says is believed only where it says too much. What
 * is coded (Content-Encoding) is decoded, and counts as it was sent and as it is meant.
 *
 * Throws ProblemError `payload-too-large`, `timeout` (408), `unsupported-media-type` for a coding that is not known, and
 * `invalid-request` when the sender breaks off or the coding is not what it says.
 */
export async function* bodyChunks(
  c: Context<AppEnvironment>,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const coding = contentCoding(c);
  const decoder = coding && c.get('contentCodings').get(coding);
  if (!decoder) return yield* sentChunks(c, limits);
  const enough = new AbortController();
  let total = 0;
  try {
    for await (const chunk of decodedChunks(sentChunks(c, limits, enough.signal), coding, decoder())) {
      total += chunk.length;
      if (total > limits.maxBytes) throw tooLarge(limits.maxBytes, ' when it is decoded');
      yield chunk;
    }
  } finally {
    enough.abort();
  }
}

/** The bytes as they are sent. @param enough Aborts when nobody wants more of them */
async function* sentChunks(
  c: Context<AppEnvironment>,
  { maxBytes, idleMs, slowest }: BodyLimits,
  enough?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (declaredLength(c) > maxBytes) throw tooLarge(maxBytes);
  const body = c.req.raw.body as ReadableStream<Uint8Array> | null;
  if (!body) return;
  const deadline = c.get('deadline');
  const { signal } = deadline;
  // What is coded is decoded as it is read: in larger pieces, many bodies would be decoded at the same time.
  const reader = enough ? body.getReader() : joinedReader(body);
  // What is late ends the read that waits. A race with it would leave something behind for each chunk.
  let failure: unknown;
  const stop = (reason: unknown): void => {
    failure ??= reason;
    reader.cancel().catch(() => {});
  };
  const aborted = (): void => stop(stoppedBy(signal));
  const watch = new SenderWatch({ idleMs, slowest, onLate: stop });
  if (signal.aborted) aborted();
  signal.addEventListener('abort', aborted, { once: true });
  const unwanted = (): void => stop(new Error('nobody reads the body any more'));
  enough?.addEventListener('abort', unwanted, { once: true });
  deadline.readingBody = true;
  let total = 0;
  let finished = false;
  try {
    for (;;) {
      watch.waiting();
      const { done, value } = await nextChunk(reader);
      if (failure !== undefined) throw failure;
      if (done || !value) break;
      watch.arrived(value.length);
      total += value.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
    finished = true;
  } finally {
    watch.end();
    signal.removeEventListener('abort', aborted);
    enough?.removeEventListener('abort', unwanted);
    deadline.readingBody = false;
    // A reader that stops early wants no more of it; ending the connection is up to the host.
    if (!finished) reader.cancel().catch(() => {});
  }
}

/**
 * The bytes of a request that will all be held until it is answered. They are taken from what all requests together may
 * hold: what Content-Length says before the first one, without it as they arrive.
 *
 * Throws as `bodyChunks`, and ProblemError `queue-full` (429) when others hold too much.
 */
export async function* heldChunks(
  c: Context<AppEnvironment>,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held = declaredLength(c);
  if (held > limits.maxBytes) throw tooLarge(limits.maxBytes);
  holdBytes(c, held);
  let total = 0;
  for await (const chunk of bodyChunks(c, limits)) {
    total += chunk.length;
    if (total > held) {
      holdBytes(c, total - held);
      held = total;
    }
    yield chunk;
  }
}

/**
 * Takes bytes from what all requests together may hold; they are given back when the request is over.
 * Throws ProblemError `queue-full` (429).
 */
export function holdBytes(c: Context<AppEnvironment>, bytes: number): void {
  if (c.get('bodyMemory').take(bytes)) return;
  throw new ProblemError(
    'queue-full',
    'the requests that are being read and scored hold as many bytes as they may; try again in a moment',
    { headers: { connection: 'close' } },
  );
}

/** The whole body of a request. Throws as `heldChunks`. */
export async function readBody(
  c: Context<AppEnvironment>,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  // The decoded size of a compressed body is not known in advance.
  return collect(heldChunks(c, limits), contentCoding(c) ? undefined : declaredLength(c));
}

/** Characters of a media type: none that is read here is nearly as long. */
const LONGEST_TYPE = 100;

/** The media type of the body, without parameters, in lower case; empty when none is named. */
export function mediaType(c: Context<AppEnvironment>): string {
  const header = c.req.header('content-type') ?? '';
  return shortened((header.split(';', 1)[0] as string).trim().toLowerCase(), LONGEST_TYPE);
}

/** What Content-Length says, which is 0 where it says nothing that can be. */
function declaredLength(c: Context<AppEnvironment>): number {
  const length = Number(c.req.header('content-length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

async function nextChunk(reader: BodyReader): ReturnType<BodyReader['read']> {
  try {
    return await reader.read();
  } catch (error) {
    throw new ProblemError('invalid-request', 'the body broke off before its end; send it again', {
      cause: error,
    });
  }
}

function tooLarge(maxBytes: number, when = ''): ProblemError {
  return new ProblemError(
    'payload-too-large',
    `expected a body of at most ${maxBytes} bytes${when}; send less`,
    { headers: { connection: 'close' } },
  );
}
