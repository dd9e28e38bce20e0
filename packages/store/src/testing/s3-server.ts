// A real S3-compatible server on loopback: Ceph's gateway with one monitor and one storage daemon that keeps its
// objects in memory, all of a folder of its own. They come with Debian (packages radosgw, ceph-mon, ceph-osd).
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'ceph-authtool', 'monmaptool'];
const START_MS = 60_000;

export interface S3Server {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Makes a bucket; gives its name. */
  createBucket(): Promise<string>;
  /** Ends the gateway as a crash would; objects stay. */
  kill(): Promise<void>;
  /** Starts the gateway again at the same address. */
  restart(): Promise<void>;
  /** Ends everything, hard, and deletes it. */
  stop(): Promise<void>;
}

/**
 * The folder with the server's programs: `CFLOW_S3_SERVER`, or of the search path. Or why there is none, for the words
 * of a skipped test.
 */
export async function findS3Server(): Promise<{ folder: string } | { missing: string }> {
  const given = process.env.CFLOW_S3_SERVER;
  const folders = given ? [given] : (process.env.PATH ?? '').split(delimiter);
  for (const folder of folders) {
    const all = await Promise.all(PROGRAMS.map((program) => isThere(join(folder, program))));
    if (all.every(Boolean)) return { folder };
  }
  const where = given ? `in ${given}, which CFLOW_S3_SERVER names` : 'on the search path';
  return { missing: `no S3 server is ${where}: expected Ceph's ${PROGRAMS.join(', ')}` };
}

/** Starts a server on free ports of 127.0.0.1. Rejects with what the server wrote when it does not come up. */
export async function startS3Server(programs: string): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-s3-'));
  const cluster = new Cluster(folder, programs, await freePort(), await freePort());
  try {
    await cluster.start();
    const credentials = await cluster.createUser();
    return {
      endpoint: cluster.endpoint,
      region: 'us-east-1',
      credentials,
      async createBucket() {
        const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
        const { endpoint } = cluster;
        const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
        const Bucket = `test-${randomUUID()}`;
        await client.send(new CreateBucketCommand({ Bucket }));
        client.destroy();
        return Bucket;
      },
      kill: () => cluster.end('radosgw'),
      restart: () => cluster.startGateway(),
      stop: () => cluster.stop(),
    };
  } catch (error) {
    const said = await cluster.output();
    await cluster.stop();
    throw new Error(`the S3 server did not start: ${(error as Error).message}\n${said}`, { cause: error });
  }
}

class Cluster {
  readonly endpoint: string;
  readonly #running = new Map<string, ChildProcess>();

  constructor(
    readonly folder: string,
    readonly programs: string,
    readonly monitorPort: number,
    readonly gatewayPort: number,
  ) {
    this.endpoint = `http://127.0.0.1:${gatewayPort}`;
  }

  async start(): Promise<void> {
    const fsid = randomUUID();
    for (const name of ['mon', 'osd', 'run', 'rgw']) await mkdir(join(this.folder, name));
    await writeFile(
      this.#path('ceph.conf'),
      configuration(this.folder, fsid, this.monitorPort, this.gatewayPort),
    );
    const keys = ['--create-keyring', 'keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'];
    await this.#run('ceph-authtool', keys);
    await this.#run('ceph-authtool', ['keyring', '--gen-key', '-n', 'client.rgw']);
    const address = `[v2:127.0.0.1:${this.monitorPort}]`;
    await this.#run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, 'monmap']);
    await this.#ceph('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring']);
    this.#spawn('ceph-mon', ['-i', 'a']);
    const uuid = randomUUID();
    await this.#ceph('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', uuid]);
    await this.#ceph('ceph', ['--connect-timeout', '20', 'osd', 'new', uuid]);
    this.#spawn('ceph-osd', ['-i', '0']);
    await this.#until('the storage daemon is up', async () => {
      const { stdout } = await this.#ceph('ceph', ['--connect-timeout', '20', 'osd', 'stat']);
      return stdout.includes(' 1 up');
    });
    await this.startGateway();
  }

  async startGateway(): Promise<void> {
    this.#spawn('radosgw', ['-n', 'client.rgw']);
    await this.#until('the gateway answers', async () => {
      const response = await fetch(this.endpoint).catch(() => undefined);
      await response?.body?.cancel();
      return response?.status === 200;
    });
  }

  async createUser(): Promise<S3Server['credentials']> {
    const credentials = { accessKeyId: randomUUID(), secretAccessKey: randomUUID() };
    const names = ['--uid', 'test', '--display-name', 'test'];
    const keys = ['--access-key', credentials.accessKeyId, '--secret-key', credentials.secretAccessKey];
    await this.#ceph('radosgw-admin', ['-n', 'client.rgw', 'user', 'create', ...names, ...keys]);
    return credentials;
  }

  async end(program: string): Promise<void> {
    const child = this.#running.get(program);
    this.#running.delete(program);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    for (const program of [...this.#running.keys()].reverse()) await this.end(program);
    await rm(this.folder, { recursive: true, force: true });
  }

  async output(): Promise<string> {
    const logs = PROGRAMS.map((program) => readFile(this.#path(`${program}.log`), 'utf8').catch(() => ''));
    return (await Promise.all(logs)).map((text) => text.slice(-2000)).join('\n');
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #run(program: string, args: readonly string[]): Promise<{ stdout: string }> {
    return run(join(this.programs, program), args, { cwd: this.folder, timeout: START_MS });
  }

  #ceph(program: string, args: readonly string[]): Promise<{ stdout: string }> {
    return this.#run(program, ['-c', 'ceph.conf', ...args]);
  }

  #spawn(program: string, args: readonly string[]): void {
    const log = openSync(this.#path(`${program}.log`), 'a');
    const child = spawn(join(this.programs, program), ['-c', 'ceph.conf', ...args, '-f'], {
      cwd: this.folder,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#running.set(program, child);
  }

  async #until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (!(await isTrue())) {
      const ended = [...this.#running].find(
        ([, { exitCode, signalCode }]) => exitCode !== null || signalCode,
      );
      if (ended) throw new Error(`${ended[0]} ended before ${what}`);
      if (performance.now() > deadline) throw new Error(`a minute passed before ${what}`);
      await sleep(50);
    }
  }
}

function configuration(folder: string, fsid: string, monitorPort: number, gatewayPort: number): string {
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitorPort}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
run dir = ${folder}/run
admin socket =
log file =
log to stderr = true
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data = ${folder}/mon
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd client watch timeout = 2
keyring = ${folder}/keyring
[client.rgw]
rgw data = ${folder}/rgw
keyring = ${folder}/keyring
auth client required = none
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw run sync thread = false
rgw enable quota threads = false
rgw thread pool size = 16
rgw num rados handles = 1
rgw cache enabled = false
`;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
