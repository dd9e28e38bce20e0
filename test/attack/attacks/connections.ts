import type { Attack } from '../attack-types.js';
import { RawConnection } from '../client/raw-connection.js';
import { largestAsset } from '../page-assets.js';
import { descriptors } from '../watch/process-figures.js';

const NO_WORKER_CONNECTIONS =
  "connections are Cloudflare's: the Worker is called with a whole head, and has no descriptors";
const PREDICT = '/v1/detectors/wood/predict';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a client says and then leaves as it is. */
const HALVES: Readonly<Record<string, string>> = {
  nothing: '',
  'half a line': 'GET /v1/det',
  'half a head': `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nX-A: `,
  'a head without its body': `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n`,
  'half a chunk': `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc`,
};

/** Connections that begin and do not go on, or go on a byte at a time. */
export const slowConnections: Attack = {
  name: 'slow-connections',
  about:
    '1,000 connections that say nothing, half a head, half a body, or a byte now and then, while new ones ask',
  notOn: { workerd: NO_WORKER_CONNECTIONS },
  short: true,
  async run({ host, client, samples, full, fault, note }) {
    const count = full ? 1000 : 300;
    const kinds = Object.values(HALVES);
    const connections = await openMany(host.url, count, (i) => kinds[i % kinds.length] as string);
    const drip = setInterval(() => {
      for (const [i, each] of connections.entries()) if (i % 2 === 0) void each.write('a');
    }, 500);
    try {
      const until = performance.now() + (full ? 20_000 : 6_000);
      const answers: number[] = [];
      while (performance.now() < until) {
        answers.push((await client.ask('/livez', { alone: true, patienceMs: 5000 })).status);
        answers.push(
          (await client.ask(PREDICT, { ...image(samples.png), alone: true, patienceMs: 10_000 })).status,
        );
        await pause(500);
      }
      const none = answers.filter((status) => status !== 200).length;
      note(`${none} of ${answers.length} others not answered with 200`);
      if (none > 0)
        fault(`${none} of ${answers.length} requests over new connections were not answered with 200`);
    } finally {
      clearInterval(drip);
      for (const each of connections) each.destroy();
    }
  },
};

/** What is refused is over: a client that does not close does not keep the connection. */
export const refusedConnections: Attack = {
  name: 'refused-connections',
  about: 'connections that were refused with 400, 408, 413, 415 and 431 and that the client never closes',
  notOn: { workerd: NO_WORKER_CONNECTIONS },
  short: true,
  async run({ host, client, full, fault, note }) {
    const refusals = [
      'no HTTP at all\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
      `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 999999999\r\n\r\n`,
      `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 5000000\r\n\r\n`,
      `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      // Answered with 408 when the time for a head is up.
      HALVES['half a head'] as string,
    ];
    const before = await descriptors(host.pid);
    const count = full ? 140 : 70;
    const connections = await openMany(host.url, count, (i) => refusals[i % refusals.length] as string);
    for (const each of connections) {
      const status = await each.answered(20_000);
      client.note(each.answer(), 'what is not a request');
      if (status === 0 && !each.closed)
        fault(`no answer in 20 s to what cannot be answered: ${each.text.slice(0, 80)}`);
    }
    const limit = performance.now() + 5000;
    let open = await descriptors(host.pid);
    while (open > before + 4 && performance.now() < limit) {
      await pause(250);
      open = await descriptors(host.pid);
    }
    note(`${Math.max(0, open - before)} of ${count} still open`);
    if (open > before + 4)
      fault(`${open - before} of ${count} connections that were refused are open 5 s after the last answer`);
    for (const each of connections) each.destroy();
  },
};

/** Too few descriptors for all who come: who comes new is still answered. */
export const fewDescriptors: Attack = {
  name: 'few-descriptors',
  about: '200 idle, refused and half-open connections to a process that may have 256 descriptors open',
  notOn: { workerd: NO_WORKER_CONNECTIONS },
  short: true,
  service: { descriptors: 256 },
  async run({ host, client, full, fault, note }) {
    const kinds = [
      ...Object.values(HALVES),
      'no HTTP at all\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ];
    const connections = await openMany(host.url, full ? 600 : 400, (i) => kinds[i % kinds.length] as string);
    await pause(12_000);
    const answers: number[] = [];
    for (let i = 0; i < 20; i++) {
      answers.push((await client.ask('/v1/detectors', { alone: true, patienceMs: 5000 })).status);
      await pause(100);
    }
    const none = answers.filter((status) => status !== 200).length;
    note(`${none} of ${answers.length} others not answered`);
    if (none > 0)
      fault(`${none} of ${answers.length} requests over new connections were not answered with 200`);
    for (const each of connections) each.destroy();
  },
};

/** Clients that ask for much and read nothing. */
export const slowReaders: Attack = {
  name: 'slow-readers',
  about: 'clients that ask for the largest answers, many at once, and read none of it',
  notOn: { workerd: NO_WORKER_CONNECTIONS },
  async run({ host, client, fault, note }) {
    const asset = await largestAsset();
    const before = await descriptors(host.pid);
    const connections = Array.from({ length: 60 }, () => new RawConnection(host.url, { reads: false }));
    for (const each of connections) {
      await each.opened;
      each.socket.pause();
      await each.write(
        `GET ${asset} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br, gzip\r\n\r\n`.repeat(4),
      );
    }
    const began = performance.now();
    // All of them have been taken by then.
    await pause(2000);
    let open = await descriptors(host.pid);
    const held = open - before;
    while (open > before + 4 && performance.now() - began < 100_000) {
      const { status } = await client.ask('/livez', { alone: true, patienceMs: 5000 });
      if (status !== 200) fault(`/livez answers ${status} while others read nothing`);
      await pause(500);
      open = await descriptors(host.pid);
    }
    note(
      `${asset}: ${open - before} of ${held} still open after ${Math.round((performance.now() - began) / 1000)} s`,
    );
    if (open > before + 4) fault(`${open - before} connections that read nothing are open after 100 s`);
    for (const each of connections) each.destroy();
  },
};

async function openMany(url: string, count: number, say: (i: number) => string): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let i = 0; i < count; i += 50) {
    const some = Array.from({ length: Math.min(50, count - i) }, () => new RawConnection(url));
    await Promise.all(some.map(({ opened }) => opened));
    await Promise.all(some.map((each, j) => each.write(say(i + j))));
    connections.push(...some);
  }
  return connections;
}

function image(png: Uint8Array): { headers: Record<string, string>; body: Uint8Array } {
  return { headers: { 'content-type': 'image/png' }, body: png };
}
