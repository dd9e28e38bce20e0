import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { STREAM_PROTOCOL } from '../app/routes/stream.js';
import {
  CLOSE,
  type FrameReceiver,
  type FrameSocket,
  type WebSocketEnvironment,
} from '../app/stream/frame-socket.js';
import { endConnection } from './end-connection.js';

export interface WebSocketOptions {
  fetch(request: Request, env: unknown): Response | Promise<Response>;
  /** Takes a request that asks for another protocol, which nobody has to give. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /** Begins a handshake when its turn has come. */
  inTurn(incoming: IncomingMessage, work: () => void): void;
  /** Told of a connection that is a WebSocket from now on. */
  opened(socket: Socket): void;
}

/** Of any message; what a stream takes is less, and it says so itself. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_FRAGMENTS = 4096;
const TICK_MS = 1000;
const PING_MS = 15_000;
/** From the end that is said to the end of the connection. */
const CLOSE_MS = 2000;
/** The same where nothing more is read: time for the reason to arrive. */
const REFUSED_MS = 500;

/**
 * Lets requests become WebSockets where a route of the app says so, and answers all others as HTTP. Nothing is compressed: what
 * a small message becomes would be known too late.
 */
export function acceptWebSockets(server: Server, { fetch, handle, inTurn, opened }: WebSocketOptions): void {
  let sockets: Promise<WebSocketServer> | undefined;
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (incoming.headers.upgrade?.toLowerCase() !== 'websocket')
      return answerPlainly(incoming, socket, handle);
    const handshake = async (): Promise<void> => {
      let open: ((socket: FrameSocket) => FrameReceiver) | undefined;
      const gone = new AbortController();
      const leave = (): void => gone.abort();
      socket.once('close', leave);
      sockets ??= createSockets();
      // Before a route takes a place for it.
      const handshakes = await sockets;
      const env: WebSocketEnvironment & { incoming: IncomingMessage } = {
        incoming,
        acceptWebSocket: (given) => {
          open = given;
          return new Response(null, { status: 200 });
        },
      };
      const request = requestOf(incoming, gone.signal);
      const response = request ? await fetch(request, env) : new Response(null, { status: 400 });
      if (!open) return refuse(socket, response);
      const begin = open;
      let began = false;
      handshakes.handleUpgrade(incoming, socket, head, (ws) => {
        began = true;
        socket.off('close', leave);
        socket.setTimeout(0);
        opened(socket);
        attach(ws, socket, begin);
      });
      // What is no handshake was answered by ws; a place that was taken for it is free again.
      if (!began) begin({ send: async () => {}, close: () => {} }).ended();
    };
    inTurn(incoming, () => void handshake().catch(() => socket.destroy()));
  });
}

/** Loaded for the first that asks: most services never have one, and a cold start would wait for it. */
async function createSockets(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    maxFragments: MOST_FRAGMENTS,
    closeTimeout: CLOSE_MS,
    handleProtocols: (protocols) => (protocols.has(STREAM_PROTOCOL) ? STREAM_PROTOCOL : false),
  } as ConstructorParameters<typeof WebSocketServer>[0]);
}

function attach(ws: WebSocket, socket: Socket, open: (socket: FrameSocket) => FrameReceiver): void {
  const receiver = open({
    send: (text) =>
      new Promise((resolve) => {
        if (ws.readyState !== ws.OPEN) resolve();
        else ws.send(text, () => resolve());
      }),
    close: (code, reason) => {
      ws.close(code, reason);
      if (code === CLOSE.normal || code === CLOSE.leaving) return;
      // Nothing more is read from a client that sends what it may not: there may be much of it on the way.
      ws.pause();
      setTimeout(() => ws.terminate(), REFUSED_MS);
    },
  });
  let heard = performance.now();
  let pinged = heard;
  // Before ws keeps them: a message that is not whole is memory, too.
  socket.prependListener('data', (chunk: Buffer) => {
    heard = performance.now();
    receiver.arriving(chunk.length);
  });
  ws.on('message', (data: Buffer, isBinary: boolean) => (isBinary ? receiver.frame(data) : receiver.text()));
  ws.on('ping', () => receiver.control());
  ws.on('pong', () => receiver.control());
  ws.on('error', () => undefined);
  const timer = setInterval(() => {
    receiver.tick();
    const now = performance.now();
    if (now - heard > 2 * PING_MS) return ws.terminate();
    if (now - heard > PING_MS && now - pinged > PING_MS && ws.readyState === ws.OPEN) {
      pinged = now;
      ws.ping();
    }
  }, TICK_MS);
  timer.unref();
  ws.on('close', () => {
    clearInterval(timer);
    receiver.ended();
  });
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const host = incoming.headers.host ?? 'localhost';
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.append(name, Array.isArray(value) ? value.join(', ') : value);
  try {
    if (!incoming.url?.startsWith('/')) return undefined;
    return new Request(`http://${host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers,
      signal,
    });
  } catch {
    return undefined;
  }
}

async function refuse(socket: Socket, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const lines = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}`];
  for (const [name, value] of response.headers)
    if (!/^(connection|content-length|transfer-encoding)$/i.test(name)) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${body.length}`, 'Connection: close', '', '');
  endConnection(socket, Buffer.concat([Buffer.from(lines.join('\r\n')), body]));
}

/** A client that offers HTTP/2 in passing, as curl --http2 does, is content with HTTP/1.1. */
function answerPlainly(incoming: IncomingMessage, socket: Socket, handle: WebSocketOptions['handle']): void {
  const outgoing = new ServerResponse(incoming);
  outgoing.shouldKeepAlive = false;
  outgoing.assignSocket(socket);
  outgoing.once('finish', () => socket.end());
  handle(incoming, outgoing);
}
