import type { ImageInput, Prediction } from '../detector.js';
import { AbortedError, type CflowError } from '../errors.js';
import { answerError } from '../remote/http/answer-error.js';
import { ConnectionError, RateLimitError } from '../remote/http/errors.js';
import { aborted } from '../remote/http/pause.js';
import type { Transport } from '../remote/http/transport.js';
import { imageFile } from '../remote/predict/image-file.js';
import { type PredictionOnTheWire, readPredictions } from '../remote/predict/wire.js';
import type { Problem } from '../remote/types/service.js';

/** What is used of a WebSocket: the global one, or that of the package ws. */
export interface Socket {
  binaryType: string;
  send(data: ArrayBuffer): void;
  close(): void;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
}

/** How a stream has ended. */
export interface StreamEnd {
  /** Of RFC 6455: 1006 where the connection is gone, 1001 when the service is about to end, 1008 for what no client should do. */
  code: number;
  /** In words; may be empty. */
  reason: string;
}

interface Waiting {
  resolve(prediction: Prediction): void;
  reject(error: CflowError): void;
  since: number;
}

interface Said {
  type: 'ready' | 'verdict' | 'dropped' | 'error';
  credit?: number;
  frameBytes?: number;
  frame?: number;
  prediction?: PredictionOnTheWire;
  problem?: Problem;
}

/**
 * Frames to a service and predictions back, over one connection. A service takes so many frames before it has answered one;
 * beyond them a frame is dropped, not kept: a camera does not wait. It is open from the start.
 */
export class FrameStream<P extends Prediction = Prediction> {
  /** Resolves when it has ended, with what the service said of it; with undefined when that was `close` or the signal. */
  readonly closed: Promise<StreamEnd | undefined>;
  readonly #socket: Socket;
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: Map<number, Waiting> = new Map();
  #credit = 0;
  #frameBytes = 0;
  #sent = 0;
  /** Why nothing more is sent. */
  #end: CflowError | undefined;

  /** @internal `openStream` makes it. */
  constructor(socket: Socket, transport: Transport, signal: AbortSignal | undefined, ready: () => void) {
    this.#socket = socket;
    this.#transport = transport;
    this.#signal = signal;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }: { data: unknown }): void => {
      const said = JSON.parse(String(data)) as Said;
      if (said.type !== 'ready') {
        this.#hear(said);
        return;
      }
      this.#credit = said.credit ?? 1;
      this.#frameBytes = said.frameBytes ?? 0;
      ready();
    };
    const stop = (): void => this.#finish(aborted(signal));
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }: StreamEnd): void => {
        const byUs = this.#end;
        const lost = `the stream has ended (${reason || `code ${code}`}): open it again`;
        this.#finish(new ConnectionError(lost, { code: 'connection', retryable: true }));
        signal?.removeEventListener('abort', stop);
        resolve(byUs ? undefined : { code, reason });
      };
    });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  }

  /** Frames that may be sent now. 0: the next one would be dropped. */
  get credit(): number {
    return this.#end ? 0 : this.#credit;
  }

  /** Bytes that an image file may have. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /**
   * Sends a frame, and resolves with what the detector says of it; verdicts come in the order of their frames. Rejects
   * with RateLimitError when it was dropped, with UnsupportedImageError and the like for what cannot be scored, and with
   * ConnectionError when the stream has ended.
   */
  async send(image: ImageInput): Promise<P> {
    if (this.#end) throw this.#end;
    if (this.#credit === 0)
      throw dropped('no frame was sent, since as many are on the way as may be: look at `credit` first');
    this.#credit--;
    let bytes: ArrayBuffer;
    try {
      bytes = await (await imageFile(image, this.#transport, { signal: this.#signal })).arrayBuffer();
    } catch (error) {
      this.#credit++;
      throw error;
    }
    return new Promise<P>((resolve, reject) => {
      if (this.#end) return reject(this.#end);
      this.#socket.send(bytes);
      const waiting = { resolve: resolve as Waiting['resolve'], reject, since: performance.now() };
      this.#waiting.set(++this.#sent, waiting);
    });
  }

  /** Ends it. Frames without a verdict reject with AbortedError. */
  close(): void {
    this.#finish(new AbortedError('the stream was closed'));
  }

  #hear({ type, frame = 0, prediction, problem }: Said): void {
    const waiting = this.#waiting.get(frame);
    if (!waiting) return;
    this.#waiting.delete(frame);
    this.#credit++;
    if (type === 'dropped') {
      waiting.reject(dropped('the service dropped a frame: send fewer'));
      return;
    }
    if (!prediction) {
      const response = new Response(null, { status: problem?.status ?? 500 });
      waiting.reject(answerError(response, JSON.stringify(problem ?? {}), `frame ${frame}`));
      return;
    }
    try {
      const [[found] = []] = readPredictions(
        { predictions: [prediction] },
        1,
        1,
        performance.now() - waiting.since,
      );
      waiting.resolve(found as Prediction);
    } catch (error) {
      waiting.reject(error as CflowError);
    }
  }

  #finish(error: CflowError): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
    this.#socket.close();
  }
}

const dropped = (message: string): RateLimitError =>
  new RateLimitError(message, { code: 'busy', retryable: true });
