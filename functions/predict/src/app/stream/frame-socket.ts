/** What a stream says to the sender of its frames; the host's WebSocket. */
export interface FrameSocket {
  /** Resolves when it is on its way, so that a reader that is slow is noticed; also when nobody is there any more. */
  send(text: string): Promise<void>;
  /** Says why, and takes nothing more. */
  close(code: number, reason: string): void;
}

/** What a host tells a stream. */
export interface FrameReceiver {
  /** Bytes have come, of whatever message. */
  arriving(bytes: number): void;
  /** A binary message is whole. */
  frame(bytes: Uint8Array): void;
  /** A ping or a pong. */
  control(): void;
  /** A text came, which a stream does not take. */
  text(): void;
  /** Looked at every second or so, for what takes too long. */
  tick(): void;
  /** The client has gone. */
  ended(): void;
}

/** How a host opens a WebSocket: it calls `open` once the client has been told. The answer to the request is its own. */
export type AcceptWebSocket = (open: (socket: FrameSocket) => FrameReceiver) => Response;

/** What a host that has WebSockets gives with a request that asks for one. */
export interface WebSocketEnvironment {
  acceptWebSocket?: AcceptWebSocket | undefined;
}

/** Of RFC 6455, and 1013 of its registry. */
export const CLOSE = {
  normal: 1000,
  leaving: 1001,
  text: 1003,
  policy: 1008,
  tooLarge: 1009,
  later: 1013,
} as const;
