import type { IncomingMessage } from 'node:http';

/** Requests that are begun in one turn of the event loop: each may take a millisecond or two before it waits for something. */
const MOST_IN_A_TURN = 8;
/** Milliseconds that belong to new connections, while there are such, after each turn in which requests were begun. */
const FOR_CONNECTIONS_MS = 8;

interface Waiting {
  incoming: IncomingMessage;
  work: () => void;
}

export interface FewInATurn {
  /** Begins what a request asks for, or keeps it for a turn to come. */
  begin(incoming: IncomingMessage, work: () => void): void;
  /** Says that a connection has been accepted. */
  connection(): void;
}

/**
 * Begins a few requests in each turn of the event loop; what has come beyond that waits for the next turns, in order. Hundreds of
 * connections may ask at the same time, each for something that is refused in a millisecond, and whoever asks after them would
 * wait for all. What `isFirst` goes first: a service that is busy must not be taken for a dead one.
 *
 * Of connections that wait to be accepted libuv takes one in a turn, so that the last of hundreds waits for as many turns, whatever
 * they are filled with. So while connections come, most turns are left to them.
 */
export function fewInATurn(isFirst: (incoming: IncomingMessage) => boolean): FewInATurn {
  const first: Waiting[] = [];
  const others: Waiting[] = [];
  let begun = 0;
  let isPlanned = false;
  /** Whether a connection was accepted in this turn: more may wait. */
  let isCrowded = false;
  /** When the turn after the last one in which any of the others was begun was over; undefined until then. */
  let restsSince: number | undefined = Number.NEGATIVE_INFINITY;

  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(turn);
  };
  const begin = (work: () => void): void => {
    begun++;
    plan();
    work();
  };
  /** Whether there was one whose client is still there. */
  const goOn = (waiting: Waiting[]): boolean => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (next.incoming.socket.destroyed) continue;
      begin(next.work);
      return true;
    }
    return false;
  };
  const goOnWithOthers = (): boolean => {
    const went = goOn(others);
    if (went) restsSince = undefined;
    return went;
  };
  const turn = (): void => {
    isPlanned = false;
    begun = 0;
    const now = performance.now();
    restsSince ??= now;
    const isForConnections = isCrowded && now - restsSince < FOR_CONNECTIONS_MS;
    isCrowded = false;
    if (isForConnections) {
      while (begun < MOST_IN_A_TURN && goOn(first));
    } else {
      // One of the others at least: health checks without end must keep nobody out.
      goOnWithOthers();
      while (begun < MOST_IN_A_TURN && (goOn(first) || goOnWithOthers()));
    }
    if (others.length > 0) plan();
  };

  return {
    begin(incoming, work) {
      const isProbe = isFirst(incoming);
      const waiting = isProbe ? first : others;
      if (waiting.length === 0 && begun < MOST_IN_A_TURN && (isProbe || !isCrowded)) {
        if (!isProbe) restsSince = undefined;
        begin(work);
      } else {
        waiting.push({ incoming, work });
        plan();
      }
    },
    connection() {
      isCrowded = true;
      plan();
    },
  };
}
