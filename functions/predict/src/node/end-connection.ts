import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds that the other side has to read a last answer. */
const GRACE_MS = 1000;

/**
 * Ends a connection whose last answer is said. The other side has a moment to read it: closed at once, with bytes unread,
 * the answer would be lost with the connection. Then it is gone, whether the other side has closed it or not.
 */
export function endConnection(socket: Socket, answer?: string | Uint8Array): void {
  const gone = setTimeout(() => socket.destroy(), GRACE_MS);
  gone.unref();
  socket.once('close', () => clearTimeout(gone));
  if (answer === undefined) socket.end();
  else socket.end(answer);
}

/**
 * Has the connection of a request end as above when its answer is finished, instead of at once. What is left of the body
 * is not read: many who send much to be refused would take all the time there is.
 */
export function endAfterAnswer(incoming: IncomingMessage): void {
  const { socket } = incoming;
  // Node reads the rest of a body that nobody has looked at.
  incoming.read(0);
  incoming.pause();
  // What Node calls after the last answer of a connection.
  socket.destroySoon = () => {
    if (socket.writableEnded) return;
    endConnection(socket);
    // The adapter would read on for half a second.
    incoming.resume = () => incoming;
  };
}
