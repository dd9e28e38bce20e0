import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConfigurationError } from '@cflow/spec';
import { getRequestListener } from '@hono/node-server';
import { HEALTH_PATHS } from '../app/health-paths.js';
import { PROBLEM_KINDS } from '../app/problem-kinds.js';
import { bodyStream } from './body-stream.js';
import { type ConnectionLimits, Connections } from './connections.js';
import { endAfterAnswer, endConnection } from './end-connection.js';
import { fewInATurn } from './few-in-a-turn.js';
import { meteredMessages } from './metered-message.js';
import { type Handler, oneAfterAnother } from './one-after-another.js';
import { acceptWebSockets } from './web-sockets.js';

export interface HttpServerOptions {
  fetch(request: Request, env: unknown): Response | Promise<Response>;
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Paths of health checks, which are answered before others. Default: the service's own. */
  healthPaths?: readonly string[] | undefined;
  /** Default: 256 connections, readers of at least 4096 bytes per second, none of them silent for 30 s. */
  connections?: Partial<ConnectionLimits> | undefined;
}

const CONNECTIONS: ConnectionLimits = {
  most: 256,
  answerIdleMs: 30_000,
  slowestReader: { graceMs: 10_000, bytesPerSecond: 4096 },
};

export interface RunningHttpServer {
  readonly host: string;
  readonly port: number;
  /** Takes no new connection, lets requests finish for at most so long, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** Listens, or rejects with ConfigurationError when the address is taken or not permitted. */
export async function startHttpServer({
  fetch,
  host,
  port,
  healthPaths = HEALTH_PATHS,
  connections: limits,
}: HttpServerOptions): Promise<RunningHttpServer> {
  const server = createServer({
    // A head that trickles in holds a connection and nothing else; bodies have the app's own limits.
    headersTimeout: 10_000,
    requestTimeout: 0,
    // Longer than load balancers keep theirs (60 s at most hosts), so that it is never us who closes first.
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16_384,
    IncomingMessage: meteredMessages(),
  });
  const connections = new Connections(server, { ...CONNECTIONS, ...limits });
  const handle = getRequestListener(closingAfterHalfABody(fetch) as never, {
    overrideGlobalObjects: false,
  }) as unknown as Handler;
  const begin: Handler = (incoming, outgoing) => {
    connections.begin(incoming, outgoing);
    handle(incoming, outgoing);
  };
  const probes = new Set(healthPaths);
  const isProbe = ({ url = '' }: IncomingMessage): boolean => probes.has(url.split('?', 1)[0] as string);
  const turns = fewInATurn(isProbe);
  server.on('connection', turns.connection);
  const inTurn: Handler = (incoming, outgoing) => turns.begin(incoming, () => begin(incoming, outgoing));
  server.on('request', oneAfterAnother(inTurn, refusePipeline));
  acceptWebSockets(server, {
    fetch,
    handle: inTurn,
    inTurn: turns.begin,
    opened: (socket) => connections.opened(socket),
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket));
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  return { host, port: address.port, close: (graceMs) => close(server, connections, graceMs) };
}

/**
 * An answer that comes before the whole body has been read ends the connection, and must say so: a client that used it
 * again would find it closed.
 */
function closingAfterHalfABody(fetch: HttpServerOptions['fetch']): HttpServerOptions['fetch'] {
  return async (request, env) => {
    const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse };
    const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
    const hasBody = encoding !== undefined || Number(length ?? 0) > 0;
    if (hasBody && request.method !== 'GET' && request.method !== 'HEAD') {
      Object.defineProperty(request, 'body', { value: bodyStream(incoming) });
    }
    const response = await fetch(request, env);
    if (hasBody && !incoming.complete) {
      outgoing.shouldKeepAlive = false;
      endAfterAnswer(incoming);
    } else if (hasBody) {
      // What nobody wanted of it. The adapter would wait for its end, and cut the connection half a second later, whatever
      // is asked on it by then.
      while (incoming.read() !== null);
    }
    return response;
  };
}

/** What is not HTTP gets an answer that says so, in the form of every other error. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, title] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request'];
  const body = problemText(
    'invalid-request',
    status,
    title,
    'the request is not an HTTP/1.1 request that could be understood',
  );
  endConnection(
    socket,
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The last answer of a client that asks on without end and waits for none. */
function refusePipeline(incoming: IncomingMessage, outgoing: ServerResponse): void {
  endAfterAnswer(incoming);
  outgoing.writeHead(429, {
    'content-type': 'application/problem+json',
    'retry-after': '1',
    connection: 'close',
  });
  outgoing.end(
    problemText(
      'queue-full',
      429,
      PROBLEM_KINDS['queue-full'].title,
      'more requests wait for an answer on this connection than may; wait for answers, or use several connections',
    ),
  );
}

function problemText(code: string, status: number, title: string, detail: string): string {
  return JSON.stringify({ type: `urn:cflow:problem:${code}`, title, status, detail, code, requestId: '' });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'another program listens there; choose another port or end it'
          : error.code === 'EACCES'
            ? 'not permitted; choose a port from 1024 on'
            : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'
              ? 'this machine has no such address'
              : error.message;
      reject(new ConfigurationError(`cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

async function close(server: Server, connections: Connections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => connections.destroy(), graceMs);
  await closed;
  clearTimeout(cut);
  connections.destroy();
}
