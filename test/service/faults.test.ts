// What goes wrong where services run, done to real processes: no accepted job is lost, none ends in two versions, no
// half-written version can be seen, and requests succeed or fail in a way that asks to be tried again.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { findPostgres, startPostgresServer } from '@cflow/jobs/testing';
import { s3ObjectStore } from '@cflow/store/node';
import { findS3Server, startS3Server } from '@cflow/store/testing';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createJob,
  predict,
  quickJob,
  readJob,
  untilJob,
  uploadDataSet,
  versionsOf,
} from './service-client.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';
import { woodArchive } from './wood-archive.js';

let folder: string;
let archive: Uint8Array;
let png: Uint8Array;
const bundles: string[] = [];
const running = new Set<ServiceProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-faults-'));
  archive = await woodArchive(24);
  for (const seed of [1, 2]) {
    const bundle = join(folder, `wood-${seed}.cflow`);
    await writeFolderBundle(bundle, await makeBundle({ name: 'wood', seed }));
    bundles.push(bundle);
  }
  const { data, width, height } = testImage(1);
  png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
});

afterEach(async () => {
  for (const service of running) await service.kill('SIGKILL');
  running.clear();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(args: readonly string[], env?: Record<string, string>): Promise<ServiceProcess> {
  const service = await startServiceProcess([...args, '--log', 'info'], env);
  running.add(service);
  return service;
}

describe('kill -9 of the service', () => {
  it('during a job: the next one goes on with it and ends it once', async () => {
    const store = join(folder, 'killed');
    const first = await start(['--store', store]);
    await first.ready();
    const path = await uploadDataSet(first.url, archive);
    const { id } = await createJob(first.url, quickJob(path, { epochs: 40 }), 'once');
    await untilJob(
      first.url,
      id,
      ({ progress }) => progress.phase === 'training' && progress.fraction > 0.05,
    );
    await first.kill('SIGKILL');

    const second = await start(['--store', store]);
    await second.ready();
    expect((await createJob(second.url, quickJob(path, { epochs: 40 }), 'once')).id).toBe(id);
    const job = await untilJob(second.url, id, ({ status }) => status === 'succeeded');
    expect(job.attempt).toBe(2);
    expect(await versionsOf(second.url, 'wood')).toEqual([job.result?.version]);
    const answer = await predict(second.url, 'wood', png);
    expect(answer.status).toBe(200);
  }, 180_000);
});

describe('an alias moved under load', () => {
  it('fails no request, and soon only the new version answers', async () => {
    const service = await start([bundles[0] as string, '--store', join(folder, 'moved'), '--queue', '200']);
    await service.ready();
    const [old] = await versionsOf(service.url, 'wood');
    const form = new FormData();
    const files = await makeBundle({ name: 'wood', seed: 2 });
    for (const [name, bytes] of files) form.append('file', new Blob([Buffer.from(bytes)]), name);
    const upload = await fetch(`${service.url}/v1/detectors/wood/versions?alias=`, {
      method: 'POST',
      body: form,
    });
    expect({ status: upload.status, body: await upload.clone().json() }).toMatchObject({ status: 201 });
    const { version } = (await upload.json()) as { version: string };

    const statuses: number[] = [];
    const answered: string[] = [];
    let going = true;
    const client = async (): Promise<void> => {
      while (going) {
        const answer = await predict(service.url, 'wood', png);
        statuses.push(answer.status);
        const body = (await answer.json()) as { predictions?: { detector: { version: string } }[] };
        answered.push(body.predictions?.[0]?.detector.version ?? 'none');
      }
    };
    const clients = Array.from({ length: 8 }, client);
    const move = async (to: string): Promise<void> => {
      const moved = await fetch(`${service.url}/v1/detectors/wood/aliases/latest`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version: to }),
      });
      expect(moved.status).toBe(200);
      await untilAnswered(to);
    };
    const untilAnswered = async (wanted: string): Promise<void> => {
      while (answered.at(-1) !== wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    for (const to of [version, old as string, version]) await move(to);
    going = false;
    await Promise.all(clients);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(new Set(answered)).toEqual(new Set([old, version]));
  }, 120_000);
});

const s3 = await findS3Server();

describe.skipIf('missing' in s3)(
  'missing' in s3 ? `S3 (skipped: ${s3.missing})` : 'S3-compatible storage',
  () => {
    it('that dies during an upload: asks to be tried again, shows nothing half written, and goes on', async () => {
      const server = await startS3Server((s3 as { folder: string }).folder);
      try {
        const bucket = await server.createBucket();
        const { accessKeyId, secretAccessKey } = server.credentials;
        const store = `s3://${bucket}?endpoint=${server.endpoint}&region=${server.region}&pathStyle=true`;
        const service = await start([bundles[0] as string, '--store', store], {
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        });
        await service.ready();

        const uploading = fetch(`${service.url}/v1/data-sets`, {
          method: 'POST',
          headers: { 'content-type': 'application/zip' },
          body: slowly(archive, () => server.kill()),
          duplex: 'half',
        } as RequestInit);
        const answer = await uploading;
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(await answer.json()).toMatchObject({ code: 'store' });
        // What is loaded answers without the storage.
        expect((await predict(service.url, 'wood', png)).status).toBe(200);

        await server.restart();
        const objects = s3ObjectStore({
          bucket,
          endpoint: server.endpoint,
          region: server.region,
          forcePathStyle: true,
          credentials: server.credentials,
        });
        expect(await objects.listNames('data-sets/', { limit: 10 })).toEqual([]);
        const path = await retried(() => uploadDataSet(service.url, archive));
        expect(await objects.head(path)).toMatchObject({ size: archive.length });
      } finally {
        await server.stop();
      }
    }, 180_000);
  },
);

describe('a full disk', () => {
  it('refuses an upload in words and keeps answering', async ({ skip }) => {
    const disk = join(folder, 'small-disk');
    await mkdir(disk);
    const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).then(
      () => undefined,
      (error: Error) => error.message.trim(),
    );
    if (mounted !== undefined) skip(`no small file system can be made here: ${mounted}`);
    try {
      const service = await start([bundles[0] as string, '--store', join(disk, 'store')]);
      await service.ready();
      const [version] = await versionsOf(service.url, 'wood');
      const large = Buffer.concat([archive, Buffer.alloc(4_000_000)]);
      const answer = await fetch(`${service.url}/v1/data-sets`, {
        method: 'POST',
        headers: { 'content-type': 'application/zip' },
        body: large,
      });
      expect(answer.status).toBe(503);
      const body = await answer.text();
      expect(JSON.parse(body)).toMatchObject({ code: 'storage-full' });
      expect(body).not.toContain(disk);
      expect((await predict(service.url, 'wood', png)).status).toBe(200);
      expect(await versionsOf(service.url, 'wood')).toEqual([version]);
      // What was half written is gone, so that there is room again.
      expect(await uploadDataSet(service.url, archive)).toMatch(/^data-sets\//);
      await service.kill();
    } finally {
      await promisify(execFile)('umount', [disk]);
    }
  }, 60_000);
});

const postgres = await findPostgres();

describe.skipIf(!postgres)(postgres ? 'PostgreSQL' : 'PostgreSQL (skipped: it is not installed)', () => {
  it('away for ten seconds under load: predictions go on, jobs ask to be tried again, none is lost', async () => {
    const server = await startPostgresServer();
    try {
      const service = await start(
        [bundles[0] as string, '--store', join(folder, 'postgres'), '--train', 'here'],
        {
          DATABASE_URL: await server.createDatabase(),
        },
      );
      await service.ready();
      const path = await uploadDataSet(service.url, archive);
      const before = await createJob(service.url, quickJob(path, { name: 'before', epochs: 30 }));
      await untilJob(service.url, before.id, ({ status }) => status === 'running');

      await server.kill();
      const away = performance.now();
      const refused: number[] = [];
      while (performance.now() - away < 10_000) {
        expect((await predict(service.url, 'wood', png)).status).toBe(200);
        const answer = await fetch(`${service.url}/v1/jobs/${before.id}`);
        refused.push(answer.status);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        await answer.arrayBuffer();
      }
      expect(new Set(refused)).toEqual(new Set([503]));
      await server.start();

      const after = await retried(() => createJob(service.url, quickJob(path, { name: 'after', epochs: 2 })));
      for (const { id, request } of [before, after]) {
        const job = await retried(() => untilJob(service.url, id, ({ status }) => status === 'succeeded'));
        expect(await versionsOf(service.url, request.name)).toEqual([job.result?.version]);
      }
      expect((await readJob(service.url, before.id)).status).toBe('succeeded');
    } finally {
      await server.close();
    }
  }, 240_000);
});

/** The first half of some bytes at once, the second after something has happened. */
function slowly(bytes: Uint8Array, between: () => Promise<void>): ReadableStream<Uint8Array> {
  const half = Math.floor(bytes.length / 2);
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent++ === 0) return controller.enqueue(bytes.subarray(0, half));
      await between();
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
}

/** As a client would: again, when it is asked to. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 60 || !/503/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
