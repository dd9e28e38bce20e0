import type { Attack } from '../attack-types.js';
import { Client } from '../client/client.js';
import { RawConnection } from '../client/raw-connection.js';

const LOCAL = 'the Worker is told callers apart by Cloudflare, which sets their address';

/** One caller is one, however many addresses of its network or spellings of one address it has. */
export const manyAddresses: Attack = {
  name: 'many-addresses',
  about:
    'one caller from thousands of addresses of an IPv6 /64, and under many spellings of one address, against a rate',
  notOn: { workerd: LOCAL },
  short: true,
  service: { env: { CFLOW_TRUST_PROXY: 'true', CFLOW_RATE: '5:60' } },
  async run({ client, full, fault, note }) {
    const count = full ? 2000 : 300;
    const spellings = [
      '2001:db8:1:2::1',
      '2001:DB8:1:2::1',
      '2001:0db8:0001:0002:0000:0000:0000:0001',
      '2001:db8:1:2:0:0:0:1',
      '[2001:db8:1:2::1]',
      '[2001:db8:1:2::1]:4711',
      '2001:db8:1:2::0.0.0.1',
    ];
    const groups = {
      'addresses of one /64': (i: number) => `2001:db8:7:7:${i.toString(16)}:${(i * 7).toString(16)}:0:1`,
      'spellings of one address': (i: number) => spellings[i % spellings.length] as string,
      'spellings of an IPv4 address': (i: number) =>
        ['203.0.113.9', '::ffff:203.0.113.9', '::ffff:cb00:7109', '203.0.113.9:999', '[::ffff:203.0.113.9]'][
          i % 5
        ] as string,
    };
    for (const [what, address] of Object.entries(groups)) {
      let taken = 0;
      const began = performance.now();
      for (let i = 0; i < count; i++) {
        // What is limited is predictions. No image comes along: whoever may ask is told so, anybody else to wait.
        const { status } = await client.ask('/v1/detectors/wood/predict', {
          method: 'POST',
          headers: { 'content-type': 'image/png', 'x-forwarded-for': address(i) },
        });
        if (status === 400) taken++;
        else if (status !== 429) fault(`a prediction without an image got ${status} from ${what}`);
      }
      const most = 60 + 5 * Math.ceil((performance.now() - began) / 1000) + 5;
      note(`${what}: ${taken} of ${count}`);
      if (taken > most)
        fault(`${taken} of ${count} requests from ${what} were taken, expected at most ${most}`);
    }
  },
};

/** Pages of elsewhere, under a name that leads here. */
export const rebindingAnonymous: Attack = rebinding('rebinding-anonymous', { CFLOW_ANONYMOUS: 'true' });
export const rebindingLoopback: Attack = rebinding('rebinding-loopback', {});

function rebinding(name: string, env: Record<string, string>): Attack {
  return {
    name,
    about: `DNS rebinding ${env.CFLOW_ANONYMOUS ? 'where anybody may ask' : 'on loopback'}: a page of another name deletes, trains and reads`,
    notOn: {
      workerd: "a Worker is reached by the names of its routes alone, which Cloudflare's network sees to",
    },
    short: true,
    service: { env: { ...env, CFLOW_TRAIN: 'elsewhere' } },
    async run({ client, fault, note }) {
      // Names alone: a page that is reached by an address is of that address, and led here by nobody's name server.
      const foreign = [
        'evil.example',
        'evil.example:8080',
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        'xlocalhost',
        'metadata',
      ];
      let taken = 0;
      for (const host of foreign) {
        const page = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
        const asked = [
          client.ask('/v1/detectors', { headers: { host } }),
          client.ask('/v1/detectors/wood/aliases/latest', { method: 'DELETE', headers: page }),
          client.ask('/v1/detectors/wood/versions/latest', { method: 'DELETE', headers: page }),
          client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } }, page),
        ];
        for (const { status } of await Promise.all(asked)) if (status < 400) taken++;
      }
      note(`${taken} of ${4 * foreign.length} taken`);
      if (taken > 0) fault(`${taken} requests under a foreign name were taken`);
      const { status } = await client.ask('/v1/detectors/wood');
      if (status !== 200) fault(`the detector is gone afterwards: ${status}`);
    },
  };
}

/** What others have told the service in confidence. */
export const othersSecrets: Attack = {
  name: 'others-secrets',
  about: 'a key that may only read asks for the webhooks and data-set addresses of other callers',
  jobs: true,
  notOn: { workerd: 'the Worker has no jobs' },
  short: true,
  service: {
    keys: { trainer: ['train'], reader: ['read'] },
    env: {
      CFLOW_TRAIN: 'elsewhere',
      CFLOW_FETCH_HOSTS: '*',
      CFLOW_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
  },
  async run({ host, fault, note }) {
    const as = (name: string): Client =>
      new Client(host.url, [], { 'x-api-key': host.keys.get(name) as string });
    const trainer = as('trainer');
    const reader = as('reader');
    const created = await trainer.json('/v1/jobs', {
      name: 'wood',
      dataSet: { url: 'https://data.example/archive.zip?token=data-set-token' },
      webhook: { url: 'https://hooks.example/webhook-token' },
    });
    if (created.status !== 202) return fault(`no job was made: ${created.status} ${created.text}`);
    const { id } = JSON.parse(created.text) as { id: string };
    const paths = ['/v1/jobs', `/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/logs`];
    const told: string[] = [];
    for (const path of paths) {
      const { text } = await reader.ask(path, { headers: { accept: 'application/json' } });
      for (const secret of ['data-set-token', 'webhook-token']) {
        if (text.includes(secret)) told.push(`${path} tells the ${secret}`);
      }
    }
    note(told.length === 0 ? 'nothing told' : told.join(', '));
    for (const each of told) fault(`to another caller ${each}`);
    trainer.close();
    reader.close();
  },
};

/** One caller takes every event stream that there is. */
export const eventStreams: Attack = {
  name: 'event-streams',
  about: 'one key opens 200 event streams of a job; another key asks for one',
  jobs: true,
  notOn: { workerd: 'the Worker has no jobs' },
  short: true,
  service: { keys: { hoarder: ['read'], other: ['read'] }, env: { CFLOW_TRAIN: 'elsewhere' } },
  async run({ host, client, fault, note }) {
    const created = await client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } });
    if (created.status !== 202) return fault(`no job was made: ${created.status} ${created.text}`);
    const { id } = JSON.parse(created.text) as { id: string };
    const connections: RawConnection[] = [];
    const open = async (name: string): Promise<number> => {
      const connection = new RawConnection(host.url);
      connections.push(connection);
      await connection.opened;
      await connection.write(
        `GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-Api-Key: ${host.keys.get(name)}\r\n\r\n`,
      );
      const status = await connection.answered(20_000);
      client.note(connection.answer(), 'an event stream');
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: 200 }, () => open('hoarder')));
    const taken = statuses.filter((status) => status === 200).length;
    const other = await open('other');
    note(`one key has ${taken} streams, the other gets ${other}`);
    if (other !== 200) fault(`another key gets ${other} for its first event stream`);
    if (taken > 25) fault(`one key has ${taken} event streams, expected at most a quarter of a hundred`);
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const again = await open('hoarder');
    if (again !== 200) fault(`places of streams that were left are not free again: ${again}`);
    for (const connection of connections) connection.destroy();
  },
};
