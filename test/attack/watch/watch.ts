// Looks at a service from a process of its own, so that what the attacker's own event loop does is not measured: asks
// `/livez` again and again over new connections, the same of a process that does nothing but answer, and reads what
// memory the service and its children take. Told over IPC when to begin, and when to say what it saw.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, residentBytes } from './process-figures.js';

export interface WatchOrder {
  kind: 'begin' | 'end';
  service: string;
  control: string;
  pid: number;
}

/** Milliseconds. */
export interface Latency {
  answers: number;
  median: number;
  /** From the first request that was not answered to the next answer: the longest of these. */
  longestSilence: number;
}

export interface Watched {
  service: Latency;
  control: Latency;
  /** Bytes of the service and its children together. */
  peakMemory: number;
}

const POLL_MS = 30;
const MEMORY_MS = 100;
/** Who has not answered by then is asked anew; the silence goes on. */
const PATIENCE_MS = 20_000;

let watching = false;
let ended: Promise<Watched> | undefined;

process.on('message', (order: WatchOrder) => {
  if (order.kind === 'begin') {
    watching = true;
    ended = watch(order);
    return;
  }
  watching = false;
  void ended?.then((watched) => process.send?.(watched));
});
process.on('disconnect', () => process.exit());

async function watch({ service, control, pid }: WatchOrder): Promise<Watched> {
  const [ofService, ofControl, peakMemory] = await Promise.all([poll(service), poll(control), peakOf(pid)]);
  return { service: ofService, control: ofControl, peakMemory };
}

async function poll(url: string): Promise<Latency> {
  const { hostname, port } = new URL(url);
  const times: number[] = [];
  let longest = 0;
  let unansweredSince: number | undefined;
  while (watching) {
    const sent = performance.now();
    unansweredSince ??= sent;
    const answered = await asks(hostname, Number(port));
    const now = performance.now();
    // What is not answered when the watch ends counts with what it has lasted.
    longest = Math.max(longest, now - unansweredSince);
    if (answered) {
      times.push(now - sent);
      unansweredSince = undefined;
    }
    await sleep(Math.max(1, POLL_MS - (now - sent)));
  }
  times.sort((a, b) => a - b);
  return { answers: times.length, median: times[times.length >> 1] ?? Number.NaN, longestSilence: longest };
}

/** Whether `/livez` says 200 to a new connection. */
function asks(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const begun = performance.now();
    const socket = connect(port, host, () =>
      socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`),
    );
    const done = (answered: boolean): void => {
      clearInterval(impatience);
      socket.destroy();
      resolve(answered);
    };
    const impatience = setInterval(() => {
      if (!watching || performance.now() - begun > PATIENCE_MS) done(false);
    }, 50);
    socket.once('data', (data) => done(data.toString('latin1').startsWith('HTTP/1.1 200')));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
  });
}

async function peakOf(pid: number): Promise<number> {
  let peak = 0;
  let tree: number[] = [];
  for (let look = 0; watching; look++) {
    // New children are looked for less often: it means reading what all processes of the machine say.
    if (look % 5 === 0) tree = await processTree(pid);
    peak = Math.max(peak, await residentBytes(tree));
    await sleep(MEMORY_MS);
  }
  return peak;
}
