// Two workers on one PostgreSQL: eight jobs, with CFLOW_TEST_JOBS=full twenty, each run once, each with the result that it has
// when run alone.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDataSet } from '@cflow/images/node';
import { openJobs } from '@cflow/jobs';
import { findPostgres, startPostgresServer } from '@cflow/jobs/testing';
import { BUNDLE_FILES, jobRequestSchema } from '@cflow/spec';
import { ObjectRegistry } from '@cflow/store';
import { folderObjectStore } from '@cflow/store/node';
import { planDataSet } from '@cflow/synth';
import { trainDetector } from '@cflow/training/node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { quickJob } from './service-client.js';
import { woodArchive } from './wood-archive.js';

const CONTAINER = fileURLToPath(new URL('../../packages/cli/bin/container.js', import.meta.url));
const JOBS = process.env.CFLOW_TEST_JOBS === 'full' ? 20 : 8;
const IMAGES = 12;
const postgres = await findPostgres();

describe.skipIf(!postgres)(`${JOBS} jobs${postgres ? '' : ' (skipped: PostgreSQL is not installed)'}`, () => {
  it('on two workers are each run once, and give what they give one by one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-twenty-'));
    const server = await startPostgresServer();
    const workers: Worker[] = [];
    try {
      const database = await server.createDatabase();
      const store = join(folder, 'store');
      const objects = folderObjectStore(store);
      await objects.put('data-sets/wood.zip', await woodArchive(IMAGES));
      const jobs = await openJobs({ database: { url: database } });
      const requests = Array.from({ length: JOBS }, (_, seed) =>
        jobRequestSchema.parse(
          quickJob('data-sets/wood.zip', { name: `wood-${seed}`, epochs: 1, configuration: { seed } }),
        ),
      );
      const created = await Promise.all(requests.map((request) => jobs.create(request)));
      for (const name of ['a', 'b']) workers.push(startWorker(join(folder, name), database, store));
      for (const worker of workers) {
        expect(await worker.ended).toMatchObject({ code: 0 });
      }

      const registry = new ObjectRegistry(objects);
      const alone = await aloneResults(join(folder, 'alone'));
      for (const [seed, { job }] of created.entries()) {
        const done = await jobs.get(job.id);
        expect(done).toMatchObject({ status: 'succeeded', attempt: 1 });
        const versions = await registry.listVersions(`wood-${seed}`, { limit: 10 });
        expect(versions.versions.map(({ version }) => version)).toEqual([done.result?.version]);
        const { manifest } = await registry.version(`wood-${seed}`, done.result?.version as string);
        expect(manifest.files[BUNDLE_FILES.decoders]?.sha256).toBe(alone[seed]);
      }
      await jobs.close();
    } finally {
      for (const worker of workers) worker.kill();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 300_000);
});

interface Worker {
  ended: Promise<{ code: number | null; log: string }>;
  kill(): void;
}

/** The container's verb `train`, until the queue is empty. */
function startWorker(folder: string, database: string, store: string): Worker {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS|CFLOW_)/.test(name),
  );
  const child = spawn(process.execPath, [CONTAINER, 'train', '--until-empty'], {
    env: {
      ...Object.fromEntries(inherited),
      DATABASE_URL: database,
      CFLOW_STORE: store,
      CFLOW_WORK_FOLDER: folder,
      CFLOW_THREADS: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      log += data.toString('utf8');
    });
  }
  return {
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, log }))),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The SHA-256 of the decoders that each job gives when it is the only thing that is done. */
async function aloneResults(folder: string): Promise<(string | undefined)[]> {
  const data = join(folder, 'data');
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: IMAGES,
    testGoodCount: 2,
    perDefectCount: 1,
    size: { width: 64, height: 64 },
    seed: 0,
  });
  for (const { path, render } of plan) {
    const { data: pixels, width, height } = render().image;
    await mkdir(dirname(join(data, path)), { recursive: true });
    const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    await writeFile(join(data, path), png);
  }
  const hashes: (string | undefined)[] = [];
  for (let seed = 0; seed < JOBS; seed++) {
    const { configuration, validationFraction = 0 } = quickJob('', { configuration: { seed } });
    const manifest = await trainDetector({
      dataSet: await openDataSet(join(data, 'wood')),
      output: join(folder, `wood-${seed}.cflow`),
      name: `wood-${seed}`,
      preset: 'fast',
      configuration: configuration as NonNullable<typeof configuration>,
      overrides: { epochs: 1, validationFraction },
      device: 'cpu',
      threads: 1,
    });
    hashes.push(manifest.files[BUNDLE_FILES.decoders]?.sha256);
  }
  return hashes;
}
