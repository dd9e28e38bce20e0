import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attack } from '../attack-types.js';
import { Client } from '../client/client.js';
import type { RunningHost } from '../hosts/host.js';
import { processTree, remoteAddresses } from '../watch/process-figures.js';

const NO_PROCESS = "logs, processes and disks are Cloudflare's";

/** A log that cannot be written stops nothing. */
export const fullLog: Attack = badLog('log-to-a-full-disk', 'full', 'stderr goes to a disk without room');
export const unreadLog: Attack = badLog(
  'log-that-nobody-reads',
  'unread',
  'stderr goes to a pipe whose reader has stopped',
);

function badLog(name: string, log: 'full' | 'unread', about: string): Attack {
  return {
    name,
    about: `${about}: thousands of requests, each with its line`,
    notOn: { workerd: NO_PROCESS },
    short: true,
    service: { log },
    async run({ client, samples, full, fault, note }) {
      const count = full ? 4000 : 1000;
      let wrong = 0;
      for (let i = 0; i < count; i += 10) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, j) =>
            j === 0 ? client.predict(samples.png) : client.ask('/v1/detectors', { patienceMs: 10_000 }),
          ),
        );
        wrong += answers.filter(({ status }) => status !== 200).length;
        if (wrong > 50) break;
      }
      note(`${wrong} of ${count} not answered with 200`);
      if (wrong > 0) fault(`${wrong} of ${count} requests were not answered with 200`);
    },
  };
}

/** Somebody starts a second service on the same folder. */
export const secondProcess: Attack = {
  name: 'second-process',
  about: 'a second process on the same store and database: it is refused in words, or serves all routes',
  jobs: true,
  notOn: { workerd: NO_PROCESS },
  short: true,
  async run({ host, client, samples, fault, note }) {
    // The first has its job database open.
    await client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } });
    let second: RunningHost;
    try {
      second = await host.again();
    } catch (error) {
      const words = String(error);
      note('the second is refused');
      if (!/another process|already|in use/i.test(words))
        fault(`the second process does not say why it ends: ${words.slice(0, 300)}`);
      return;
    }
    const other = new Client(second.url, [host.folder]);
    const statuses: number[] = [];
    for (const path of ['/v1/detectors', '/v1/jobs', '/v1/detectors/wood', '/readyz'])
      statuses.push((await other.ask(path)).status);
    statuses.push((await other.predict(samples.png)).status);
    statuses.push(
      (await other.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } })).status,
    );
    note(`the second answers ${statuses.join(' ')}`);
    for (const each of other.faults) fault(`the second process: ${each}`);
    other.close();
    await second.stop();
    const { status, text } = await client.ask('/v1/jobs');
    if (status !== 200) fault(`the first process, afterwards: ${status} ${text.slice(0, 200)}`);
  },
};

/** Files that the service itself is known to make where it may. */
const OWN = /cflow|node-compile-cache|tsx|v8-/i;
const LOOPBACK = /^(?:0100007F|00000000|0{32}|0{24}01000000|0000000000000000FFFF00000100007F):/;

/** Libraries that phone, or leave something behind about the machine. */
export const phoning: Attack = {
  name: 'phoning',
  jobs: true,
  about:
    'predictions, a publish and a job: nothing is left in home and temporary folders, and nobody outside is called',
  notOn: { workerd: NO_PROCESS },
  short: true,
  async run({ host, client, samples, fault, note }) {
    const seen = new Set<string>();
    let going = true;
    const looking = (async () => {
      while (going) {
        for (const pid of await processTree(host.pid)) {
          for (const address of await remoteAddresses(pid)) if (!LOOPBACK.test(address)) seen.add(address);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    for (let i = 0; i < 20; i++) await client.predict(samples.png);
    await client.json('/v1/jobs', { name: 'wood', dataSet: { path: 'data-sets/none.zip' } });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    going = false;
    await looking;
    const left = (
      await Promise.all(['home', 'tmp'].map((place) => filesBelow(join(host.folder, place))))
    ).flat();
    const foreign = left.filter((file) => !OWN.test(file));
    note(`${left.length} files, ${seen.size} foreign addresses`);
    for (const address of seen) fault(`a connection to ${address} (as the kernel writes it)`);
    for (const file of foreign) fault(`a file is left behind: ${file}`);
  },
};

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink() || entry.isSocket())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length));
}
