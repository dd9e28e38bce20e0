import type { Asked, ImageInput, Prediction } from '../../detector.js';
import { AbortedError, ArgumentError, type CflowError } from '../../errors.js';
import { answerError } from '../http/answer-error.js';
import { ConnectionError, RateLimitError } from '../http/errors.js';
import { aborted } from '../http/pause.js';
import type { Transport } from '../http/transport.js';
import type { Problem } from '../types/service.js';
import { imageFile } from './image-file.js';
import type { RemotePredictOptions } from './predict.js';
import { type PredictionOnTheWire, readPredictions } from './wire.js';

/** What is used of a WebSocket: the global one, or that of the package ws. */
export interface Socket {
  binaryType: string;
  send(data: ArrayBuffer): void;
  close(): void;
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: never) => void): void;
}

/** What frames are asked for. A mask for all of them is one of the detector's settings. */
export interface StreamOptions<M extends Asked = Asked, O extends Asked = Asked, R extends Asked = Asked>
  extends Omit<RemotePredictOptions<M, O, R>, 'ignore' | 'maxRetries' | 'timeout'> {
  /**
   * Instead of the global one, which Node has from version 22 on: `WebSocket` of the package ws. It is made with an address and
   * subprotocols.
   */
  WebSocket?: (new (...given: never[]) => Socket) | undefined;
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

const PROTOCOL = 'cflow.v1';

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

  /** @internal `RemoteDetector.stream` makes it. */
  constructor(socket: Socket, transport: Transport, signal: AbortSignal | undefined, ready: () => void) {
    this.#socket = socket;
    this.#transport = transport;
    this.#signal = signal;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: { data: unknown }) => {
      const said = JSON.parse(String(data)) as Said;
      if (said.type !== 'ready') return this.#hear(said);
      this.#credit = said.credit ?? 1;
      this.#frameBytes = said.frameBytes ?? 0;
      ready();
    });
    const stop = (): void => this.#finish(aborted(signal));
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => {
        const byUs = this.#end;
        const lost = `the stream has ended (${reason || `code ${code}`}): open it again`;
        this.#finish(new ConnectionError(lost, { code: 'connection', retryable: true }));
        signal?.removeEventListener('abort', stop);
        resolve(byUs ? undefined : { code, reason });
      });
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

/**
 * Opens a stream of frames. Rejects as any call would for a key or a detector that is wrong, and with ConnectionError where
 * the service, or what lies before it, takes no WebSockets.
 */
export async function openFrameStream<M extends Asked, O extends Asked, R extends Asked>(
  transport: Transport,
  detector: string,
  { WebSocket: given, signal, map, ...options }: StreamOptions<M, O, R> = {},
): Promise<FrameStream<Prediction<M, O, R>>> {
  const Given = given ?? (globalThis as { WebSocket?: StreamOptions['WebSocket'] }).WebSocket;
  if (!Given) {
    throw new ArgumentError(
      'expected a WebSocket, which this runtime has none of: install the package ws, and give its WebSocket as an option',
    );
  }
  if (signal?.aborted) throw aborted(signal);
  const path = ['v1', 'detectors', detector, 'stream'];
  const query = { ...options, map: map ? 'f32' : undefined };
  // `http` becomes `ws`, and `https` `wss`.
  const url = transport.address({ path, query }).href.replace(/^http/, 'ws');
  const { apiKey } = transport;
  // Pages can give a key in no other way.
  const Opened = Given as new (url: string, protocols: string[]) => Socket;
  const socket = new Opened(url, [
    PROTOCOL,
    ...(apiKey === undefined ? [] : [`cflow.key.${base64Url(apiKey)}`]),
  ]);
  // It comes before 'close', and says less; unheard it would end a program.
  socket.addEventListener('error', () => {});
  let stream: FrameStream | undefined;
  const opened = await new Promise<boolean>((resolve) => {
    stream = new FrameStream(socket, transport, signal, () => resolve(true));
    stream.closed.then(() => resolve(false));
  });
  if (signal?.aborted) throw aborted(signal);
  if (opened && stream) return stream as unknown as FrameStream<Prediction<M, O, R>>;
  // Browsers are not told why a handshake is refused. Whoever asks without one is.
  await transport.json({ path, query, maxRetries: 0, signal }).catch((error: { status?: number }) => {
    if (error.status !== 426) throw error;
  });
  throw new ConnectionError(
    'no stream: the service, or a proxy before it, takes no WebSockets; send images one by one',
    { code: 'connection' },
  );
}

/** Of a key, which is visible ASCII. */
const base64Url = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
