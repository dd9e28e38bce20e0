import type { Attack } from '../attack-types.js';
import { RawConnection } from '../client/raw-connection.js';

const PREDICT = '/v1/detectors/wood/predict';

/** What one packet may hold of requests, each of them work. */
export const pipelinedRequests: Attack = {
  name: 'pipelined-requests',
  about:
    'thousands of requests in one write: heads without bodies, empty and small bodies, none waiting for an answer',
  notOn: { workerd: "connections are Cloudflare's: the Worker is called with one request at a time" },
  short: true,
  async run({ host, client, full, fault, note }) {
    const requests = [
      'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /v1/detectors HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n',
      `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1\r\n\r\nx`,
      `POST ${PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ];
    const rounds = full ? 20 : 2;
    const statuses = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const connections = await Promise.all(
        requests.map(async (request) => {
          const connection = new RawConnection(host.url);
          await connection.opened;
          void connection.write(request.repeat(Math.ceil(262_144 / request.length)));
          return connection;
        }),
      );
      for (const each of connections) {
        await each.until(() => each.closed, 1000);
        for (const [, status] of each.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
        }
        if (each.status === 0) fault('a pipeline got no answer at all');
        each.destroy();
      }
    }
    for (const status of statuses.keys()) client.note({ status, text: '', bytes: 0 }, 'pipelined requests');
    note([...statuses].map(([status, times]) => `${times} x ${status}`).join(', '));
  },
};
