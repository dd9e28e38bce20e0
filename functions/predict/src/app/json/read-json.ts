import { nextTurn } from '@cflow/runtime';
import type { Context } from 'hono';
import { type BodyLimits, heldChunks } from '../body/read-body.js';
import type { AppEnvironment } from '../environment.js';
import { ProblemError, problemErrorOf } from '../problem.js';
import type { JsonDocument, LargeValues } from './json-document.js';
import { MALFORMED } from './json-errors.js';
import { JsonScanner } from './json-scanner.js';

/** Bytes that are read before others get their turn: a few milliseconds at most, whatever they are. */
const BYTES_PER_TURN = 2 ** 16;

/**
 * Reads JSON that may be as large as images and tensors are. Nobody waits for it: it is scanned as it arrives, and after
 * each piece others have a turn.
 *
 * Throws what reading the chunks throws, ProblemError `invalid-request` and `payload-too-large`.
 */
export async function scanJson(chunks: AsyncIterable<Uint8Array>, large: LargeValues): Promise<JsonDocument> {
  const scanner = new JsonScanner(large);
  let left = BYTES_PER_TURN;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + left);
        scanner.push(part);
        at += part.length;
        left -= part.length;
        if (left > 0) continue;
        left = BYTES_PER_TURN;
        await nextTurn();
      }
    }
    return scanner.end();
  } catch (error) {
    scanner.discard();
    throw error;
  }
}

/** The JSON body of a request. Throws as `heldChunks` and `scanJson`. */
export function readJson(
  c: Context<AppEnvironment>,
  limits: BodyLimits,
  large: LargeValues = {},
): Promise<JsonDocument> {
  return scanJson(heldChunks(c, limits), large);
}

/**
 * The value of a small JSON text that is part of a request.
 * Throws ProblemError `invalid-request` and `payload-too-large`.
 *
 * @param part What it is, for messages
 */
export function parseJson(bytes: Uint8Array, part: string): unknown {
  const scanner = new JsonScanner();
  try {
    scanner.push(bytes);
    return scanner.end().value;
  } catch (error) {
    scanner.discard();
    const { code, message } = problemErrorOf(error);
    throw new ProblemError(code, `${part}: ${message === MALFORMED ? 'expected JSON in UTF-8' : message}`, {
      cause: error,
    });
  }
}
