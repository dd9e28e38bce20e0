import type { Attack } from '../attack-types.js';
import { publish } from '../publish.js';

const NOT_REMOTE = {
  node: 'its store is a folder, and its database lies in the process',
  workerd: 'it has no database',
};

/** PostgreSQL answers late, or not at all. */
export const slowDatabase: Attack = {
  name: 'slow-database',
  about:
    'PostgreSQL answers each query after seconds, then not at all, then as before: predictions go on, jobs say 503 or 504',
  notOn: NOT_REMOTE,
  short: true,
  jobs: true,
  service: { proxies: true, env: { CFLOW_TRAIN: 'elsewhere', CFLOW_REQUEST_TIMEOUT_SECONDS: '4' } },
  async run({ host, client, samples, full, fault, note }) {
    const proxy = host.databaseProxy;
    if (!proxy) return fault('there is no proxy before the database');
    for (const [what, delayMs] of [
      ['slow', 1500],
      ['silent', Number.POSITIVE_INFINITY],
    ] as const) {
      proxy.delayMs = delayMs;
      const began = performance.now();
      const asking = Array.from({ length: full ? 60 : 30 }, (_, i) =>
        i % 3 === 0
          ? client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } })
          : client.ask(i % 3 === 1 ? '/v1/jobs' : '/v1/jobs/00000000-0000-4000-8000-000000000000'),
      );
      for (let i = 0; i < 20; i++) {
        const { status, ms } = await client.predict(samples.png);
        if (status !== 200 || ms > 2000)
          fault(`while the database is ${what} a prediction got ${status} after ${Math.round(ms)} ms`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const answers = await Promise.all(asking);
      const longest = Math.max(...answers.map(({ ms }) => ms));
      note(
        `${what}: jobs answered ${[...new Set(answers.map(({ status }) => status))].sort().join(' ')}, at most ${Math.round(longest / 100) / 10} s`,
      );
      if (longest > 15_000)
        fault(
          `while the database is ${what} a request about jobs took ${Math.round(longest / 1000)} s, with 4 s to answer`,
        );
      if (performance.now() - began > 60_000) break;
    }
    proxy.delayMs = 0;
    const deadline = performance.now() + 45_000;
    let status = 0;
    while (status !== 200 && performance.now() < deadline) {
      status = (await client.ask('/v1/jobs')).status;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    note(`afterwards ${status}`);
    if (status !== 200) fault(`the database answers again, and /v1/jobs says ${status}`);
  },
};

/** The object store ends its answers early, or gives what was there before. */
export const badObjectStore: Attack = {
  name: 'bad-object-store',
  about: 'the object store ends bodies early, says that half was all, or answers with what was there before',
  notOn: NOT_REMOTE,
  short: true,
  service: { proxies: true, env: { CFLOW_REQUEST_TIMEOUT_SECONDS: '10' } },
  async run({ host, client, samples, fault, note }) {
    const proxy = host.storeProxy;
    if (!proxy) return fault('there is no proxy before the object store');
    const scoreOf = (text: string): number | undefined =>
      (JSON.parse(text) as { predictions?: { score: number }[] }).predictions?.[0]?.score;
    const expected = scoreOf((await client.predict(samples.png)).text);
    const seen: string[] = [];
    for (const mischief of ['half', 'short', 'old'] as const) {
      proxy.mischief = 'none';
      const name = `met-${mischief}`;
      await publish(client, name, samples.bundle);
      proxy.mischief = mischief;
      const loaded = await client.predict(samples.png);
      if (loaded.status !== 200) fault(`${mischief}: a detector that is loaded answers ${loaded.status}`);
      const fresh = await client.predict(samples.png, name);
      seen.push(`${mischief} ${fresh.status}`);
      if (fresh.status === 200 && scoreOf(fresh.text) !== expected)
        fault(`${mischief}: a wrong score was answered`);
      for (const path of [
        '/v1/detectors',
        `/v1/detectors/${name}/versions`,
        `/v1/detectors/${name}/versions/latest/files/head.onnx`,
      ]) {
        await client.ask(path);
      }
      await publish(client, `${name}-2`, samples.bundle);
      proxy.mischief = 'none';
      const deadline = performance.now() + 20_000;
      let healed = await client.predict(samples.png, name);
      while (healed.status !== 200 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        healed = await client.predict(samples.png, name);
      }
      if (healed.status !== 200)
        fault(`${mischief}: afterwards the detector answers ${healed.status} ${healed.text.slice(0, 160)}`);
      else if (scoreOf(healed.text) !== expected) fault(`${mischief}: afterwards the score is another`);
    }
    note(`${proxy.spoilt} reads spoilt; ${seen.join(', ')}`);
    if (proxy.spoilt === 0) fault('no read was spoilt: this showed nothing');
  },
};
