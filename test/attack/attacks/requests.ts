import type { Attack } from '../attack-types.js';
import { RawConnection } from '../client/raw-connection.js';
import { largestAsset } from '../page-assets.js';
import { processorSeconds } from '../watch/process-figures.js';

const LARGEST = [
  '2147483648',
  '9007199254740993',
  '99999999999',
  '1e999',
  '-1',
  '0x10',
  '٣',
  '%00',
  'NaN',
  ' 1',
];
/** What no page was ever continued with, behind all names that there are. */
const GARBAGE = ['~', '%ff', '..%2f..', 'a'.repeat(299), '%7B%22a%22%3A1%7D', 'AAAA====', '🙂'];

/** Numbers and texts in addresses and headers that no store can hold. */
export const hostileQueries: Attack = {
  name: 'hostile-queries',
  about:
    'ids and cursors that are too large, negative, or nothing at all: ?after=2147483648, Last-Event-ID: 99999999999',
  jobs: true,
  short: true,
  service: { env: { CFLOW_TRAIN: 'elsewhere' } },
  async run({ client, hostName, samples, fault, note }) {
    const seen = new Set<string>();
    let job = '00000000-0000-4000-8000-000000000000';
    if (hostName !== 'workerd') {
      const created = await client.json('/v1/jobs', {
        name: 'wood',
        dataSet: { path: 'data-sets/none.zip' },
      });
      if (created.status !== 202) fault(`a job was not taken: ${created.status} ${created.text}`);
      job = (JSON.parse(created.text) as { id: string }).id;
    }
    const lists = ['/v1/detectors', '/v1/detectors/wood/versions', '/v1/detectors/wood/feedback', '/v1/jobs'];
    const paths = [
      ...LARGEST.map(escaped).flatMap((value) => [
        `/v1/jobs/${job}/events?after=${value}`,
        ...lists.flatMap((list) => [`${list}?limit=${value}`, `${list}?after=${value}`]),
        `/v1/detectors/wood/drift?version=${value}`,
      ]),
      `/v1/jobs/${'f'.repeat(36)}`,
      `/v1/jobs/${job.toUpperCase()}%00`,
    ];
    for (const path of paths) {
      const { status } = await client.ask(path, { headers: { accept: 'application/json' } });
      seen.add(`${status}`);
    }
    for (const value of LARGEST.filter((each) => /^[\x21-\x7e]+$/.test(each))) {
      const answer = await client.ask(`/v1/jobs/${job}/events`, {
        headers: { 'last-event-id': value, accept: 'application/json' },
      });
      seen.add(`${answer.status}`);
    }
    // What was never "next" of a page is refused: an empty page would say that there is nothing more.
    const nonEmpty = lists.filter(
      (list) => !list.endsWith('feedback') && (hostName !== 'workerd' || list !== '/v1/jobs'),
    );
    for (const list of nonEmpty) {
      for (const value of GARBAGE.map(escaped)) {
        const { status, text } = await client.ask(`${list}?after=${value}`);
        if (status === 200 && /"(?:detectors|versions|jobs)":\[\]/.test(text)) {
          fault(`${list}?after=${value.slice(0, 30)} is answered with an empty page`);
        }
      }
    }
    for (const value of [...LARGEST, ...GARBAGE].map(escaped)) {
      const path = `/v1/detectors/wood/predict?threshold=${value}&minArea=${value}&maxRegions=${value}`;
      const body = samples.png;
      const { status } = await client.ask(path, { body, headers: { 'content-type': 'image/png' } });
      seen.add(`${status}`);
    }
    note(`statuses ${[...seen].sort().join(' ')}`);
  },
};

/** As an address can hold it: what has escapes already keeps them. */
function escaped(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}

/** Heads as long as they may be, and longer, many at once. */
export const largeHeaders: Attack = {
  name: 'large-headers',
  about: 'heads of 16 kB: one long header, thousands of short ones, long addresses, cookies and names',
  short: true,
  async run({ host, client, full }) {
    const heads = [
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(15_000)}\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(1900)}\r\n`,
      `GET /v1/detectors?${'a=b&'.repeat(3500)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET /${'a/'.repeat(7000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${'gzip;q=0, '.repeat(1500)}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${'a;q=0.1,'.repeat(1800)}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${'W/"x",'.repeat(2500)}\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: ${'a.'.repeat(7000)}localhost\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${' '.repeat(15_000)}x\r\n\r\n`,
      `POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data;${' boundary='.repeat(1400)}\r\nContent-Length: 0\r\n\r\n`,
      `POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data;${' '.repeat(15_000)}boundary="\r\nContent-Length: 0\r\n\r\n`,
      `GET /v1/detectors/wood/versions/latest/files/head.onnx HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${'0-1,'.repeat(3500)}\r\n\r\n`,
      `POST /invocations HTTP/1.1\r\nHost: localhost\r\nX-Amzn-SageMaker-Custom-Attributes: ${'a=b,'.repeat(3500)}\r\nContent-Length: 0\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${'1,'.repeat(7000)}\r\n\r\n`,
      `GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${'a'.repeat(15_000)}\r\n\r\n`,
    ];
    for (let round = 0; round < (full ? 20 : 5); round++) {
      const connections = heads.map((head) => {
        const connection = new RawConnection(host.url);
        void connection.write(head);
        return connection;
      });
      for (const each of connections) {
        await each.answered(10_000);
        client.note(each.answer(), 'a large head');
        each.destroy();
      }
    }
  },
};

/** Seconds of processor for one file that is sent as it lies there. */
const MOST_SECONDS_EACH = 0.1;

export const compressedAssets: Attack = {
  name: 'compressed-assets',
  about: 'bursts for the largest files of the page without Accept-Encoding, which are kept compressed',
  notOn: { workerd: 'the Worker has no page' },
  short: true,
  async run({ host, client, full, fault, note }) {
    const asset = await largestAsset();
    const count = full ? 120 : 40;
    const before = await processorSeconds(host.pid);
    const burst = (headers: Record<string, string>): Promise<unknown> =>
      Promise.all(Array.from({ length: count / 2 }, () => client.ask(asset, { headers, alone: true })));
    await burst({});
    await burst({ 'accept-encoding': 'identity, gzip;q=0' });
    const each = ((await processorSeconds(host.pid)) - before) / count;
    note(`${asset}: ${(1000 * each).toFixed(0)} ms of processor each`);
    if (each > MOST_SECONDS_EACH)
      fault(`${asset} without Accept-Encoding costs ${each.toFixed(2)} s of processor`);
  },
};

/** Clients that ask and leave at once: their work is dropped, and nobody counts it as the service's failure. */
export const leavingClients: Attack = {
  name: 'leaving-clients',
  about:
    'predictions whose clients leave at once, many at a time; they are not counted as failures of the service',
  short: true,
  async run({ host, client, samples, full, hostName, fault, note }) {
    const count = full ? 400 : 120;
    for (let i = 0; i < count; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, j) => {
          const connection = new RawConnection(host.url);
          await connection.opened;
          const head = `POST /v1/detectors/wood/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${samples.png.length}\r\n\r\n`;
          await connection.write(head);
          await connection.write(samples.png);
          await new Promise((resolve) => setTimeout(resolve, j));
          connection.destroy();
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { status, text } = await client.predict(samples.png);
    if (status !== 200) fault(`a prediction afterwards: ${status} ${text.slice(0, 200)}`);
    if (hostName === 'workerd') return;
    const { text: metrics } = await client.ask('/metrics');
    const failures = [...metrics.matchAll(/^cflow_http_requests_total\{.*status="(5\d\d)".*\} (\d+)$/gm)];
    note(
      `${failures.length === 0 ? 'none' : failures.map(([, code, n]) => `${n} x ${code}`).join(', ')} counted as failures`,
    );
    if (failures.length > 0)
      fault(`clients that left are counted as ${failures.map(([line]) => line).join('; ')}`);
  },
};
