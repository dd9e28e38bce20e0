import { CflowError, DEVICES, type DeviceChoice, parseDetectorReference } from '@cflow/spec';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimits, mediaType, readBody } from '../app/body/read-body.js';
import type { AppEnvironment } from '../app/environment.js';
import type { Limits } from '../app/parts.js';
import { ProblemError, problem } from '../app/problem.js';
import { type Elsewhere, ElsewhereError, headerOf, problemOf } from './elsewhere.js';
import { FORWARDED_HEADER } from './forwarded-header.js';
import type { Upstream } from './upstream.js';

export interface ForwardingOptions {
  /** Why a request with these detectors is not for the edge. */
  elsewhere(
    detectors: readonly { name: string; reference: string }[],
    device: DeviceChoice,
  ): Promise<Elsewhere | undefined>;
  /** Undefined: what the edge cannot do is refused, and says why. */
  upstream: Upstream | undefined;
  limits: Limits;
}

type PredictContext = Context<AppEnvironment>;

/**
 * Sends on what the edge cannot score: what the address says already decides is passed through as it arrives; where the
 * body decides, it is kept until it is known.
 */
export function forwardToUpstream({
  elsewhere,
  upstream,
  limits,
}: ForwardingOptions): MiddlewareHandler<AppEnvironment> {
  const forward = async (
    c: PredictContext,
    reason: Elsewhere,
    body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  ): Promise<Response> => {
    if (!upstream) return problem(c, new ElsewhereError(reason));
    // Two edges that forward to each other would never answer.
    if (c.req.header(FORWARDED_HEADER) !== undefined) {
      return problem(
        c,
        new ProblemError(
          'unavailable',
          `forwarded here by another edge, which cannot be right: ${problemOf(reason).message}`,
          { headers: { 'retry-after': undefined } },
        ),
      );
    }
    c.get('logger').info({ reason: headerOf(reason) }, 'forwarded');
    try {
      return await upstream.forward(c, headerOf(reason), body);
    } catch (error) {
      const { signal } = c.get('deadline');
      const failed = problem(c, signal.aborted ? signal.reason : error);
      failed.headers.set(FORWARDED_HEADER, headerOf(reason));
      return failed;
    }
  };

  return async (c, next) => {
    const early = await decidedByHead(c);
    if (early) return forward(c, early, c.req.raw.body as ReadableStream<Uint8Array> | null);
    if (!upstream) return next();
    const bytes = await readBody(c, bodyLimits(limits));
    const { url, method } = c.req.raw;
    // Decoded, when it was coded: nobody must do that a second time, here or there.
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-encoding');
    headers.set('content-length', String(bytes.length));
    c.req.raw = new Request(url, { method, headers, body: bytes });
    await next();
    const late = decidedByFailure(c.error);
    if (!late) return;
    c.error = undefined;
    // Not merged with the headers of the answer that it replaces.
    c.res = undefined;
    c.res = await forward(c, late, bytes);
  };

  async function decidedByHead(c: PredictContext): Promise<Elsewhere | undefined> {
    const bytes = Number(c.req.header('content-length') ?? 0);
    if (upstream && bytes > limits.bodyBytes) return { why: 'body', bytes, limit: limits.bodyBytes };
    const named = c.req.param('detector') ?? c.req.query('detectors');
    const wanted = c.req.query('device');
    const device = DEVICES.find((each) => each === wanted) ?? 'auto';
    // What is not a reference is refused later, in words.
    const detectors = (named ?? '').split(',').flatMap((each) => parseDetectorReference(each) ?? []);
    if (detectors.length === 0 && device === 'auto') return undefined;
    // The body may name others than the address.
    if (c.req.param('detector') === undefined && mediaType(c) !== 'application/octet-stream')
      return undefined;
    return elsewhere(detectors, device);
  }
}

function decidedByFailure(error: unknown): Elsewhere | undefined {
  if (error instanceof ElsewhereError) return error.elsewhere;
  if (!CflowError.isInstance(error) || error.code !== 'image') return undefined;
  const { reason } = error.details;
  const known = ['too-many-pixels', 'unsupported', 'too-large'].find((each) => each === reason);
  return known === undefined ? undefined : { why: 'image', reason: known };
}
