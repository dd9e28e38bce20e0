import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Attack } from '../attack-types.js';
import { RawConnection } from '../client/raw-connection.js';
import { processorSeconds } from '../watch/process-figures.js';

const PREDICT = '/v1/detectors/wood/predict';
const MEGABYTE = Buffer.alloc(1_000_000, 'x');
const NO_WORKER_CONNECTIONS =
  "whether a body arrives, and how, is between the client and Cloudflare's network, which hands it to the Worker";

const head = (path: string, headers: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`;

/** Bodies that are sent nearly whole, and held there. */
export const unfinishedBodies: Attack = {
  name: 'unfinished-bodies',
  about:
    '40 bodies of 60 MB, images, JSON and forms, all but the last byte of each, held open while others ask',
  short: true,
  async run({ host, client, samples, full, fault, note }) {
    const count = full ? 40 : 16;
    const size = full ? 60 : 30;
    const types = ['image/png', 'application/json', 'multipart/form-data; boundary=b'];
    const connections = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const connection = new RawConnection(host.url);
        await connection.opened;
        const type = types[i % types.length] as string;
        await connection.write(head(PREDICT, `Content-Type: ${type}\r\nContent-Length: ${size * 1_000_000}`));
        await connection.write(opening(type));
        for (let sent = 0; sent < size - 1 && connection.status === 0; sent++) {
          if (!(await connection.write(MEGABYTE))) break;
        }
        return connection;
      }),
    );
    const refused = connections.filter(({ status }) => status === 429 || status === 503).length;
    for (const connection of connections) {
      if (connection.status > 0) client.note(connection.answer(), 'an unfinished body');
    }
    note(`${count} of ${size} MB, ${refused} refused at once`);
    const { status } = await client.predict(samples.png);
    if (![200, 429, 503].includes(status)) fault(`another caller got ${status} meanwhile`);
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const afterwards = await client.predict(samples.png);
    if (afterwards.status !== 200)
      fault(`a prediction afterwards got ${afterwards.status}: ${afterwards.text.slice(0, 200)}`);
  },
};

function opening(type: string): string {
  if (type === 'application/json') return '{"images":[{"base64":"';
  return type.startsWith('multipart')
    ? '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    : '';
}

/** What is small on the wire and dear in memory: every chunk of HTTP is one of its own. */
export const smallChunks: Attack = {
  name: 'small-chunks',
  about: '2,000,000 chunks of one byte each in a few bodies at the same time',
  short: true,
  async run({ host, client, full, note }) {
    const chunks = full ? 2_000_000 : 200_000;
    const bodies = full ? 4 : 2;
    const many = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    const types = [
      'image/png',
      'application/json',
      'multipart/form-data; boundary=b',
      'application/octet-stream',
    ];
    const before = await processorSeconds(host.pid);
    await Promise.all(
      types.slice(0, bodies).map(async (type) => {
        const connection = new RawConnection(host.url);
        await connection.opened;
        await connection.write(head(PREDICT, `Content-Type: ${type}\r\nTransfer-Encoding: chunked`));
        for (let sent = 0; sent < chunks / bodies; sent += 10_000) {
          if (connection.status > 0 || !(await connection.write(many))) break;
        }
        await connection.write('0\r\n\r\n');
        await connection.answered(60_000);
        client.note(connection.answer(), 'small chunks');
        connection.destroy();
      }),
    );
    const seconds = (await processorSeconds(host.pid)) - before;
    note(`${chunks} chunks, ${((1e6 * seconds) / chunks).toFixed(0)} us of processor each`);
  },
};

/** A publish that drips holds nothing that others need. */
export const drippingPublish: Attack = {
  name: 'dripping-publish',
  about: 'a bundle that is published a byte at a time, while another one wants to be',
  notOn: { workerd: NO_WORKER_CONNECTIONS },
  short: true,
  async run({ host, client, samples, fault, note }) {
    const dripping = new RawConnection(host.url);
    await dripping.opened;
    await dripping.write(
      head(
        '/v1/detectors/slow/versions',
        'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000',
      ),
    );
    const drip = setInterval(() => void dripping.write('-'), 200);
    try {
      await new Promise((resolve) => setTimeout(resolve, 600));
      const began = performance.now();
      let status = 0;
      // As a client would that is told to try again.
      for (let attempt = 0; attempt < 8 && status !== 201; attempt++) {
        const answer = await client.form(
          '/v1/detectors/other/versions',
          [...samples.bundle].map(([file, bytes]) => ['file', file, bytes] as const),
        );
        status = answer.status;
        if (status !== 201) await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      note(`the other one: ${status} after ${Math.round(performance.now() - began)} ms`);
      if (status !== 201) fault(`while a publish drips another one gets ${status} for 8 s`);
    } finally {
      clearInterval(drip);
      dripping.destroy();
    }
  },
};

/** Seconds of processor for a body that is decoded to the end, and handed to who looks what image it is: as much as sixty megabytes cost. */
const MOST_SECONDS_EACH = 1;

/** A few kilobytes that say sixty megabytes. */
export const codedBombs: Attack = {
  name: 'coded-bombs',
  about:
    'bodies of 60 kB and less that are 60 MB of zeros when they are decoded: gzip, deflate, br, many at once',
  short: true,
  async run({ host, client, hostName, full, fault, note }) {
    const zeros = Buffer.alloc(60_000_000);
    const bombs = { gzip: gzipSync(zeros), deflate: deflateSync(zeros), br: brotliCompressSync(zeros) };
    const count = full ? 20 : 6;
    const costs: string[] = [];
    for (const [coding, body] of Object.entries(bombs)) {
      const before = await processorSeconds(host.pid);
      const answers = await Promise.all(
        Array.from({ length: count }, () =>
          client.ask(PREDICT, { body, headers: { 'content-type': 'image/png', 'content-encoding': coding } }),
        ),
      );
      const each = ((await processorSeconds(host.pid)) - before) / count;
      costs.push(`${coding} ${(1000 * each).toFixed(0)} ms of processor each`);
      // Who sent all of it was not late, however long it took here.
      const wrong = answers.find(({ status }) => ![413, 415, 422, 429].includes(status));
      if (wrong) fault(`a bomb of ${coding} gets ${wrong.status} ${wrong.text.slice(0, 200)}`);
      if (each > MOST_SECONDS_EACH && hostName !== 'workerd')
        fault(`a bomb of ${coding} costs ${each.toFixed(2)} s of processor`);
    }
    note(costs.join(', '));
  },
};
