import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds that the other side has to read a last answer. */
const GRACE_MS = 1000;

/**
 * Ends a connection whose last answer is said. The other side has a moment to read it, and what it still sends is thrown
 * away: closed at once, with bytes unread, the answer would be lost with the connection. Then it is gone, whether the
 * other side has closed it or not.
 */
export function endConnection(socket: Socket, answer?: string): void {
  const gone = setTimeout(() => socket.destroy(), GRACE_MS);
  gone.unref();
  socket.once('close', () => clearTimeout(gone));
  if (answer === undefined) socket.end();
  else socket.end(answer);
  socket.resume();
}

/** Has the connection of a request end as above when its answer is finished, instead of at once. */
export function endAfterAnswer(incoming: IncomingMessage): void {
  const { socket } = incoming;
  // What Node calls after the last answer of a connection.
  socket.destroySoon = () => {
    if (socket.writableEnded) return;
    endConnection(socket);
    incoming.resume();
  };
}
