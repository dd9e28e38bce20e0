import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** Requests of a connection that may wait for the one before them. */
const MOST_WAITING = 16;

interface Pipeline {
  busy: boolean;
  readonly waiting: [IncomingMessage, ServerResponse][];
  /** More has come than may wait: the last that waits is refused, and what comes after it is not looked at. */
  full: boolean;
}

/**
 * Handles the requests of a connection one after the other. HTTP/1.1 lets a client send the next ones without waiting for
 * an answer; two thousand fit into one read, and all of them would be begun in the same turn of the event loop.
 *
 * @param refuse Answers a request that is one too many, and ends its connection
 */
export function oneAfterAnother(handle: Handler, refuse: Handler): Handler {
  const pipelines = new WeakMap<Socket, Pipeline>();

  const begin = (pipeline: Pipeline, incoming: IncomingMessage, outgoing: ServerResponse): void => {
    pipeline.busy = true;
    outgoing.once('close', () => {
      pipeline.busy = false;
      if (pipeline.waiting.length > 0) setImmediate(goOn, pipeline);
    });
    if (pipeline.full && pipeline.waiting.length === 0) refuse(incoming, outgoing);
    else handle(incoming, outgoing);
  };
  const goOn = (pipeline: Pipeline): void => {
    const next = pipeline.waiting.shift();
    if (next && !next[0].socket.destroyed) begin(pipeline, ...next);
  };

  return (incoming, outgoing) => {
    const { socket } = incoming;
    const pipeline = pipelines.get(socket) ?? { busy: false, waiting: [], full: false };
    pipelines.set(socket, pipeline);
    if (pipeline.full) return;
    if (!pipeline.busy && pipeline.waiting.length === 0) return begin(pipeline, incoming, outgoing);
    pipeline.waiting.push([incoming, outgoing]);
    if (pipeline.waiting.length <= MOST_WAITING) return;
    pipeline.full = true;
    // Nothing more of it is read; Node would go on whenever an answer is finished.
    socket.pause();
    socket.resume = () => socket;
  };
}
