import { parseDetectorReference, predictOptionsSchema } from '@cflow/spec';
import { streamRoute } from '../../openapi/stream-route.js';
import { callerOf } from '../../security/ip-address.js';
import { PredictionIds } from '../../security/prediction-ids.js';
import { scoredImages } from '../answer-predict.js';
import { Budget } from '../budget.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { invalid, ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import type { WebSocketEnvironment } from '../stream/frame-socket.js';
import { FrameStream } from '../stream/frame-stream.js';

export const STREAM_PROTOCOL = 'cflow.v1';
/** Frames without a verdict: one is scored, one is decoded, and two wait. */
const CREDIT = 4;
/** Streams at a time; a caller has a quarter of them at most. */
const MOST_STREAMS = 64;
const MOST_OF_A_CALLER = 16;
const MOST_FRAME_BYTES = 16 * 2 ** 20;
const IDLE_MS = 600_000;

/** Frames over a WebSocket, on hosts that have them. */
export function streamRoutes(parts: AppParts): App {
  const app = newApp();
  const ids = new PredictionIds(parts.secret);
  const streams = new Budget(MOST_STREAMS, { each: MOST_OF_A_CALLER });

  app.openapi({ ...streamRoute, middleware: [requires(parts, 'predict')] }, (c) => {
    const accept = (c.env as WebSocketEnvironment | undefined)?.acceptWebSocket;
    const protocols = (c.req.header('sec-websocket-protocol') ?? '').split(',').map((each) => each.trim());
    if (!accept || !protocols.includes(STREAM_PROTOCOL)) {
      throw new ProblemError(
        'invalid-request',
        `expected a WebSocket with the subprotocol "${STREAM_PROTOCOL}"; open it with ws:// or wss:// in place of http:// or https://`,
        { status: 426, headers: { upgrade: 'websocket' } },
      );
    }
    const options = predictOptionsSchema.safeParse(defined(c.req.valid('query')));
    if (!options.success) throw invalid(options.error);
    const detectors = [
      parseDetectorReference(c.req.valid('param').detector) as { name: string; reference: string },
    ];
    const holder = callerOf(c.get('caller')?.name ?? '');
    const place = streams.claim(holder);
    if (!place.take(1)) {
      throw new ProblemError(
        'rate-limited',
        `expected at most ${MOST_OF_A_CALLER} streams of a caller, ${MOST_STREAMS} of all; close one, or send images one by one`,
        { headers: { 'retry-after': '5' } },
      );
    }
    const memory = c.get('bodyBudget').claim(holder);
    const { requestTimeoutMs, bodyBytes, bodyTimeoutMs } = parts.limits;
    const caller = c.get('caller');
    const limiter = c.get('rateLimiter');
    const span = c.get('span');
    c.set('opened', true);
    return accept(
      (socket) =>
        new FrameStream({
          socket,
          memory,
          credit: CREDIT,
          frameBytes: Math.min(bodyBytes, MOST_FRAME_BYTES),
          messageMs: bodyTimeoutMs,
          idleMs: IDLE_MS,
          now: () => performance.now(),
          allowed: () => caller === undefined || limiter?.take(caller.name, caller.rate)?.allowed !== false,
          draining: () => parts.readiness.state === 'draining',
          ended: () => place.release(),
          score: async (encoded, frame, signal) => {
            if (encoded.length === 0)
              throw new ProblemError('invalid-request', 'expected an image, got an empty message');
            const timeout = new AbortController();
            const late = new ProblemError(
              'timeout',
              `there was no verdict within ${requestTimeoutMs} ms; try again later`,
            );
            const timer = setTimeout(() => timeout.abort(late), requestTimeoutMs);
            const gone = (): void => timeout.abort(signal.reason);
            signal.addEventListener('abort', gone, { once: true });
            const part = span?.begin('frame', { attributes: { 'cflow.frame.number': frame } });
            try {
              const [prediction] = await scoredImages(parts, ids, {
                images: [{ image: { encoded } }],
                detectors,
                options: options.data,
                signal: timeout.signal,
                span: part,
              });
              part?.end();
              return prediction as NonNullable<typeof prediction>;
            } catch (error) {
              part?.end({ error });
              throw error;
            } finally {
              clearTimeout(timer);
              signal.removeEventListener('abort', gone);
            }
          },
        }),
    ) as never;
  });
  return app;
}

const defined = (texts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
