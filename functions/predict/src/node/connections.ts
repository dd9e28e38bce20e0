import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections at a time. */
  most: number;
  /** Milliseconds without progress after which the reader of an answer counts as gone. */
  answerIdleMs: number;
  /** The slowest that a reader may be, once the grace is over. */
  slowestReader: { graceMs: number; bytesPerSecond: number };
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Since when it is as it is: opened, or its last answer finished. */
  since: number;
  /** Whether there was an answer before. */
  served: boolean;
  exchange: { incoming: IncomingMessage; outgoing: ServerResponse } | undefined;
  /** Whether it is a WebSocket, which is looked after by the code that opened it. */
  opened: boolean;
  /** While bytes wait for the reader: since when, and how many had gone before. */
  writing: { since: number; before: number } | undefined;
}

/** Milliseconds between looks at slow readers. */
const SWEEP_MS = 1000;
/** What is accepted in one turn before closed ones are counted as closed. */
const HEADROOM = 0.25;

/**
 * The connections of a server. At the limit a new one takes the place of one that nothing is done for: an idle one, one
 * that has not asked yet, one whose body trickles in, one that does not read. So neither silence nor slowness keeps new
 * callers from being answered, and what is being worked on is left alone.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #all: Map<Socket, Connection> = new Map();
  readonly #sweep: ReturnType<typeof setInterval>;

  constructor(server: Server, limits: ConnectionLimits) {
    this.#limits = limits;
    server.maxConnections = Math.ceil(limits.most * (1 + HEADROOM));
    server.on('connection', (socket: Socket) => this.#open(socket));
    server.on('timeout', (socket: Socket) => this.#idle(socket));
    this.#sweep = setInterval(() => this.#endSlowReaders(), SWEEP_MS);
    this.#sweep.unref();
  }

  get size(): number {
    return this.#all.size;
  }

  /** Says that a request is being handled from now on. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#all.get(incoming.socket);
    if (!connection) return;
    const exchange = { incoming, outgoing };
    connection.exchange = exchange;
    // Node resets it to what keeps a connection alive when the answer is finished.
    incoming.socket.setTimeout(this.#limits.answerIdleMs);
    outgoing.once('close', () => {
      if (connection.exchange !== exchange) return;
      connection.exchange = undefined;
      connection.served = true;
      connection.since = performance.now();
    });
  }

  /** Says that it is a WebSocket from now on. */
  opened(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection) connection.opened = true;
  }

  /** Ends all, whatever they are at. */
  destroy(): void {
    clearInterval(this.#sweep);
    for (const socket of this.#all.keys()) socket.destroy();
  }

  #open(socket: Socket): void {
    const connection: Connection = {
      socket,
      address: socket.remoteAddress ?? '',
      since: performance.now(),
      served: false,
      exchange: undefined,
      opened: false,
      writing: undefined,
    };
    if (this.#all.size >= this.#limits.most) {
      const victim = this.#leastUseful();
      if (!victim) {
        socket.destroy();
        return;
      }
      this.#all.delete(victim.socket);
      victim.socket.destroy();
    }
    this.#all.set(socket, connection);
    socket.once('close', () => this.#all.delete(socket));
  }

  /** Nothing came or went for a while: of a connection that is worked on, only the client can be at fault. */
  #idle(socket: Socket): void {
    if (!this.#all.get(socket)?.exchange || socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(this.#limits.answerIdleMs);
  }

  #endSlowReaders(): void {
    const { graceMs, bytesPerSecond } = this.#limits.slowestReader;
    const now = performance.now();
    for (const connection of this.#all.values()) {
      const { socket } = connection;
      if (socket.writableLength === 0) {
        connection.writing = undefined;
        continue;
      }
      connection.writing ??= { since: now, before: socket.bytesWritten - socket.writableLength };
      const { since, before } = connection.writing;
      const allowedMs = graceMs + (1000 * (socket.bytesWritten - before)) / bytesPerSecond;
      if (now - since > allowedMs) socket.destroy();
    }
  }

  /** Of an address that has more than half of all, if there is one, else of any: the first kind there is, the oldest of it. */
  #leastUseful(): Connection | undefined {
    const counts = new Map<string, number>();
    for (const { address } of this.#all.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const greedy = [...counts].find(([, count]) => count > this.#limits.most / 2)?.[0];
    return this.#worst(greedy) ?? this.#worst(undefined);
  }

  #worst(address: string | undefined): Connection | undefined {
    let worst: Connection | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    // In the order in which they were opened.
    for (const connection of this.#all.values()) {
      if (address !== undefined && connection.address !== address) continue;
      const use = useOf(connection);
      if (use === undefined || use > lowest) continue;
      if (use === lowest && worst && worst.since <= connection.since) continue;
      worst = connection;
      lowest = use;
    }
    return worst;
  }
}

/** What a connection is good for, less being sooner given up; undefined while it is worked on. */
function useOf({ socket, exchange, served, opened }: Connection): number | undefined {
  if (socket.destroyed || socket.writableEnded) return 0;
  if (opened) return socket.writableLength > 0 ? 4 : undefined;
  if (!exchange) return served ? 1 : 2;
  if (!exchange.incoming.complete) return 3;
  return socket.writableLength > 0 ? 4 : undefined;
}
