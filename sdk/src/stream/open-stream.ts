import type { Asked, Prediction, PredictOptions } from '../detector.js';
import { ArgumentError } from '../errors.js';
import { ConnectionError } from '../remote/http/errors.js';
import { aborted } from '../remote/http/pause.js';
import { type CflowClientOptions, transportOf } from '../remote/http/transport-of.js';
import { FrameStream, type Socket } from './frame-stream.js';

/** A service, one of its detectors, and what frames are asked for. A mask for all of them is one of the detector's settings. */
export interface StreamOptions<M extends Asked = Asked, O extends Asked = Asked, R extends Asked = Asked>
  extends Omit<PredictOptions<M, O, R>, 'ignore'>,
    CflowClientOptions {
  /** `name`, or `name@reference` for an alias, a version or its first 8 digits. */
  detector: string;
  /**
   * Instead of the global one, which Node has from version 22 on: `WebSocket` of the package ws. It is made with an address and
   * subprotocols.
   */
  WebSocket?: (new (...given: never[]) => Socket) | undefined;
}

/** How one is made. */
type OpenSocket = new (url: string, protocols: string[]) => Socket;

const PROTOCOL = 'cflow.v1';

/**
 * Opens a stream for the frames of a camera, over one connection. Frames that come faster than they can be scored are dropped
 * instead of piling up. Rejects as any call would for a wrong key or detector, and with ConnectionError where the
 * service, or a proxy before it, takes no WebSockets.
 */
export async function openStream<M extends Asked = false, O extends Asked = false, R extends Asked = true>({
  baseUrl,
  apiKey,
  fetch,
  timeout,
  maxRetries,
  detector,
  WebSocket: given,
  signal,
  map,
  ...options
}: StreamOptions<M, O, R>): Promise<FrameStream<Prediction<M, O, R>>> {
  const transport = transportOf({ baseUrl, apiKey, fetch, timeout, maxRetries });
  const WebSocket = (given ?? (globalThis as { WebSocket?: unknown }).WebSocket) as OpenSocket | undefined;
  if (!WebSocket) {
    throw new ArgumentError(
      'expected a WebSocket, which this runtime does not have: install the package ws, and give its WebSocket as an option',
    );
  }
  if (signal?.aborted) throw aborted(signal);
  const path = ['v1', 'detectors', detector, 'stream'];
  const query = { ...options, map: map ? 'f32' : undefined };
  // `http` becomes `ws`, and `https` `wss`.
  const url = transport.address({ path, query }).href.replace(/^http/, 'ws');
  // Pages can give a key in no other way.
  const socket = new WebSocket(url, [
    PROTOCOL,
    ...(apiKey === undefined ? [] : [`cflow.key.${base64Url(apiKey)}`]),
  ]);
  // It comes before 'close', and says less; unheard it would end a program.
  socket.onerror = () => {};
  let stream: FrameStream | undefined;
  const opened = await new Promise<boolean>((resolve) => {
    stream = new FrameStream(socket, transport, signal, () => resolve(true));
    stream.closed.then(() => resolve(false));
  });
  if (signal?.aborted) throw aborted(signal);
  if (opened && stream) return stream as unknown as FrameStream<Prediction<M, O, R>>;
  // Browsers are not told why a handshake is refused, but a plain request is.
  await transport.json({ path, query, signal }).catch((error: { status?: number }) => {
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
