import type { Attack } from '../attack-types.js';
import { Client } from '../client/client.js';
import { RawConnection } from '../client/raw-connection.js';

const EXPORT = '/v1/detectors/wood/feedback/export?format=zip';

/** What people say of predictions, drawn on pictures that nobody has, and exported. */
export const hugeRegions: Attack = {
  name: 'huge-regions',
  about:
    'a key that may predict draws regions on pictures of 4 gigapixels, as many corners as there may be; archives of them for many readers at once, none of whom reads',
  short: true,
  mostTurnMs: 100,
  mostGrowthMb: 400,
  service: { keys: { camera: ['predict'], reader: ['read'] } },
  async run({ host, client, samples, full, hostName, fault, note }) {
    const as = (name: string): Client =>
      new Client(host.url, [host.folder], { 'x-api-key': host.keys.get(name) as string });
    const [camera, reader] = [as('camera'), as('reader')];
    const put = (path: string, body: Uint8Array | string, type: string) =>
      camera.ask(path, { method: 'PUT', body, headers: { 'content-type': type } });
    const kept = await client.ask('/v1/detectors/wood/settings', {
      method: 'PUT',
      body: JSON.stringify({ keepImageDays: 1 }),
      headers: { 'content-type': 'application/json' },
    });
    if (kept.status !== 200) return fault(`the settings were not taken: ${kept.status} ${kept.text}`);
    const sides = [65_535, 20_000, 8192, 8000];
    const taken: number[] = [];
    for (const side of sides) {
      const predicted = await camera.predict(samples.png);
      const { predictions } = JSON.parse(predicted.text) as { predictions: { id: string }[] };
      const path = `/v1/predictions/${predictions[0]?.id}`;
      // Edges that cross every row, as many as may be.
      const corners = Array.from({ length: 64 }, (_, i) => [
        Math.floor((i * side) / 64),
        i % 2 === 0 ? 0 : side - 1,
      ]);
      const outlines = Array.from({ length: 16 }, () => corners);
      const said = await camera.json(`${path}/feedback`, {
        label: 'bad',
        regions: { width: side, height: side, outlines },
      });
      if (said.status === 201) taken.push(side);
      else if (said.status !== 400)
        fault(`regions of ${side}² pixels: ${said.status} ${said.text.slice(0, 200)}`);
      if (said.status === 201) await put(`${path}/image`, samples.png, 'image/png');
    }
    if (taken.some((side) => side ** 2 > 2 ** 26))
      fault(`taken were regions of ${taken.join(', ')} pixels a side`);
    const whole = await reader.ask(EXPORT);
    if (whole.status !== 200) fault(`the archive: ${whole.status}`);
    // Of the Worker it is the runtime that reads on or waits.
    const idle: RawConnection[] = [];
    if (hostName !== 'workerd') {
      for (let i = 0; i < (full ? 60 : 12); i++) {
        const connection = new RawConnection(host.url, { reads: false });
        idle.push(connection);
        await connection.opened;
        await connection.write(
          `GET ${EXPORT} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${host.keys.get('reader')}\r\n\r\n`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { status } = await reader.ask(EXPORT);
      if (status !== 429) fault(`with ${idle.length} archives that nobody reads, the next gets ${status}`);
      for (const each of idle) each.destroy();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const after = await reader.ask(EXPORT);
    if (after.status !== 200) fault(`the archive afterwards: ${after.status}`);
    note(
      `regions of ${taken.join(' and ')} pixels a side taken; the archive has ${Math.round(whole.bytes / 1e6)} MB`,
    );
    for (const each of [camera, reader]) {
      for (const [status, count] of each.statuses)
        client.statuses.set(status, (client.statuses.get(status) ?? 0) + count);
      client.faults.push(...each.faults);
      each.close();
    }
  },
};
