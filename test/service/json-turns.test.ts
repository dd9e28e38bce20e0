// JSON of every shape, as large as a body may be: no turn of the event loop takes longer than a tenth of a second. What is
// measured is the processor's time that this thread takes between two turns, which a busy machine does not add to.
import { existsSync, readFileSync } from 'node:fs';
import { nextTurn } from '@cflow/runtime';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/predict/src/app/create-app.js';
import type { AppParts } from '../../functions/predict/src/app/parts.js';
import { readInferRequest } from '../../functions/predict/src/compat/open-inference/infer-request.js';
import { BOMBS } from '../attack/json/bombs.js';

const MOST_TURN_MS = 100;
const SCHEDULE = '/proc/thread-self/schedstat';
/** As large as a socket gives them at most. */
const CHUNK = 2 ** 16;
/** What the rest of a document may have, see `JSON_LIMITS`. */
const REST = 2 ** 20;
const LIMIT = 64_000_000;

/** Milliseconds of processor that this thread has had. */
const threadMs = (): number => Number(readFileSync(SCHEDULE, 'latin1').split(' ')[0]) / 1e6;

/** Does work, and tells the longest turn in it. */
async function longestTurn<T>(work: () => Promise<T>): Promise<{ result: T; turnMs: number }> {
  let going = true;
  let turnMs = 0;
  const watching = (async () => {
    for (let before = threadMs(); going; ) {
      await nextTurn();
      const now = threadMs();
      turnMs = Math.max(turnMs, now - before);
      before = now;
    }
  })();
  const result = await work().finally(() => {
    going = false;
  });
  await watching;
  return { result, turnMs };
}

/** A body that comes in chunks, and how much of it was taken. */
function body(text: Buffer): { stream: ReadableStream<Uint8Array>; taken(): number } {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // As from a connection: each chunk comes in a turn of its own.
        await nextTurn();
        if (at >= text.length) return controller.close();
        controller.enqueue(text.subarray(at, at + CHUNK));
        at += CHUNK;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => Math.min(at, text.length) };
}

function service(): (text: Buffer) => Promise<{ status: number; taken: number }> {
  const silent = (): void => undefined;
  const app = createApp({
    version: '0.0.0',
    inference: {
      predict: async () => [],
      status: () => ({ queue: { length: 0, capacity: 8 }, detectors: [], device: undefined }),
    },
    registry: {},
    secret: new Uint8Array(32).fill(7),
    limits: {
      bodyBytes: LIMIT,
      bodyMemoryBytes: 2 * LIMIT,
      uploadBytes: LIMIT,
      requestTimeoutMs: 300_000,
      bodyTimeoutMs: 300_000,
      rate: null,
    },
    readiness: { state: 'ready', detail: '' },
    now: Date.now,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    corsOrigins: [],
  } as unknown as AppParts);
  return async (text) => {
    const { stream, taken } = body(text);
    const request = new Request('http://localhost/v1/detectors/wood/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    const answer = await app.fetch(request);
    await answer.text();
    return { status: answer.status, taken: taken() };
  };
}

/** A text of so many bytes: a beginning, something again and again, and an end. */
function repeated(head: string, each: string, tail: string, bytes: number): Buffer {
  const text = Buffer.alloc(bytes, each);
  text.write(head, 0, 'latin1');
  // The last one whole, then the end.
  const whole = head.length + Math.floor((bytes - head.length - tail.length) / each.length) * each.length;
  text.fill(each, head.length, whole, 'latin1');
  text.write(tail, whole, 'latin1');
  return text.subarray(0, whole + tail.length);
}

describe.skipIf(!existsSync(SCHEDULE))('no turn is long', () => {
  it.each(Object.keys(BOMBS))(
    'for %s, and it is refused before more of it is read than may be',
    async (kind) => {
      const ask = service();
      const value = (BOMBS[kind] as (bytes: number) => string)(2 * REST);
      for (const [head, tail] of [
        ['{"images":', '}'],
        ['{"images":[{"base64":', '}]}'],
        ['{"images":[{"base64":"AAAA"}],"another":', '}'],
        ['', ''],
      ]) {
        const text = Buffer.from(`${head}${value}${tail}`);
        const { result, turnMs } = await longestTurn(() => ask(text));
        expect(result.status, `${head}${tail}`).toBeLessThan(500);
        expect(turnMs, `${head}${tail}`).toBeLessThan(MOST_TURN_MS);
        // What is decoded while it comes is read to its end.
        if (!head?.includes('"base64":') || head.includes('another')) {
          if (result.status !== 200) expect(result.taken).toBeLessThanOrEqual(REST + 4 * CHUNK);
        }
      }
    },
  );

  it.each([
    ['base64', '{"images":[{"base64":"', 'QUJD', '"}]}'],
    ['escapes', '{"images":[{"base64":"', '\\u0041', '"}]}'],
    ['texts of base64', '{"images":[{"base64":"', 'A'.repeat(4000), '"}]}'],
    ['blanks', '{"images":', ' ', '[]}'],
  ])('for a body of 60 MB: %s', async (_, head, each, tail) => {
    const ask = service();
    const text = repeated(head, each, tail, 60_000_000);
    const { result, turnMs } = await longestTurn(() => ask(text));
    expect(result.status).toBeLessThan(500);
    expect(turnMs).toBeLessThan(MOST_TURN_MS);
  });

  it.each([
    ['flat', '7,', '7'],
    ['nested', '[1,2,3],', '[1,2,3]'],
    ['fractions', '1.25e1,', '1'],
    ['blanks between', '255, ', '1'],
    ['nothing', '                ', '1'],
  ])('for 60 MB of tensor data: %s', async (_, each, last) => {
    const head = '{"inputs":[{"name":"image","datatype":"UINT8","shape":[1],"data":[';
    const text = repeated(head, each, `${last}]}]}`, 60_000_000);
    const chunks = body(text).stream as unknown as AsyncIterable<Uint8Array>;
    const { turnMs } = await longestTurn(() =>
      readInferRequest(chunks, undefined).then(
        () => undefined,
        () => undefined,
      ),
    );
    expect(turnMs).toBeLessThan(MOST_TURN_MS);
  });
});
