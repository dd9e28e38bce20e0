import type { Attack } from '../attack-types.js';
import { changedBundle } from '../bundles/hostile-bundle.js';
import { Client } from '../client/client.js';
import { RawConnection } from '../client/raw-connection.js';
import type { RunningHost } from '../hosts/host.js';
import { publish } from '../publish.js';

const NO_SIGNALS = 'no signal reaches a Worker';
const DRAIN_SECONDS = 4;
/** Beyond the drain time: what ends a process that everybody has left. */
const LEEWAY_SECONDS = 5;

/** A process that dies in the middle of a publish loses nothing that it has acknowledged, and shows nothing half done. */
export const killedWhilePublishing: Attack = {
  name: 'killed-while-publishing',
  about:
    'kill -9 while versions are being published, again and again; all that were acknowledged are there and answer',
  notOn: { workerd: NO_SIGNALS },
  short: true,
  mayEnd: 'kill -9 is the attack',
  async run({ host, samples, full, fault, note }) {
    const acknowledged: string[] = [];
    let current: RunningHost = host;
    for (let round = 0; round < (full ? 12 : 3); round++) {
      const client = new Client(current.url, [host.folder]);
      const publishing = Array.from({ length: 4 }, async (_, i) => {
        for (let n = 0; !current.ended(); n++) {
          // Another report makes another version.
          const report = Buffer.from(`<!doctype html><title>${round} ${i} ${n}</title>`);
          const files = await changedBundle(samples.bundle, (all) => void all.set('report.html', report));
          const { status, text } = await publish(client, 'wood', files);
          if (status === 201) acknowledged.push((JSON.parse(text) as { version: string }).version);
          else if (status === 0) return;
          else await new Promise((resolve) => setTimeout(resolve, 20));
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 500));
      await current.kill('SIGKILL');
      await Promise.all(publishing);
      client.close();
      current = await host.again();
      const after = new Client(current.url, [host.folder]);
      for (const version of acknowledged) {
        const { status } = await after.ask(`/v1/detectors/wood/versions/${version}`);
        if (status !== 200)
          fault(`version ${version.slice(0, 12)} was acknowledged, and is ${status} after kill -9`);
      }
      const { text } = await after.ask('/v1/detectors/wood/versions?limit=200');
      const { versions } = JSON.parse(text) as { versions: { version: string }[] };
      for (const { version } of versions.slice(0, 3)) {
        const { status } = await after.predict(samples.png, `wood@${version.slice(0, 16)}`);
        if (status !== 200) fault(`version ${version.slice(0, 12)} is listed, and answers ${status}`);
      }
      for (const each of after.faults) fault(each);
      after.close();
    }
    note(`${acknowledged.length} acknowledged, all there`);
  },
};

/** A process that is told to end does, whatever its callers are at. */
export const toldToEnd: Attack = {
  name: 'told-to-end',
  about:
    'SIGTERM under half-open connections, dripping bodies, streams that nobody reads, a publish, and predictions',
  notOn: { workerd: NO_SIGNALS },
  short: true,
  jobs: true,
  mayEnd: 'SIGTERM is the attack',
  service: { env: { CFLOW_DRAIN_SECONDS: String(DRAIN_SECONDS), CFLOW_TRAIN: 'elsewhere' } },
  async run({ host, client, samples, fault, note }) {
    const { text } = await client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } });
    const { id } = JSON.parse(text) as { id: string };
    const predict = `POST /v1/detectors/wood/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n`;
    const starts = [
      '',
      'GET /v1/det',
      `${predict}Content-Length: 1000000\r\n\r\nabc`,
      `${predict}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
      `GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
      'POST /v1/detectors/slow/versions HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n--b',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ];
    const connections = Array.from({ length: 70 }, (_, i) => {
      const connection = new RawConnection(host.url, { reads: i % 2 === 0 });
      void connection.write(starts[i % starts.length] as string);
      return connection;
    });
    let going = true;
    const load = Array.from({ length: 4 }, async () => {
      while (going) {
        await client.predict(samples.png);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const drip = setInterval(() => {
      for (const each of connections) void each.write('-');
    }, 200);
    const began = performance.now();
    const most = DRAIN_SECONDS + LEEWAY_SECONDS;
    const end = await Promise.race([
      host.kill('SIGTERM'),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1000 * most).unref()),
    ]);
    const seconds = (performance.now() - began) / 1000;
    going = false;
    clearInterval(drip);
    for (const each of connections) each.destroy();
    await Promise.all(load);
    note(end ? `exit ${end.code ?? end.signal} after ${seconds.toFixed(1)} s` : 'it did not end');
    if (!end) fault(`the process has not ended ${most} s after SIGTERM, with ${DRAIN_SECONDS} s to drain`);
    else if (end.code !== 0)
      fault(`the process ended with ${end.code ?? end.signal} after SIGTERM, expected 0`);
  },
};
