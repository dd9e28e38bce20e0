import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Jobs } from '@cflow/jobs';
import type { Job, JobRequestInput, Logger } from '@cflow/spec';
import { ObjectRegistry, type ObjectStore, type Registry } from '@cflow/store';
import { folderObjectStore } from '@cflow/store/node';
import { startTrainWorker, type TrainWorker } from '../work/start-train-worker.js';
import type { TrainWorkerParts } from '../work/worker-parts.js';
import { FolderJobs } from './folder-jobs.js';
import { tinyJob } from './tiny-job.js';

const nothing = (): void => undefined;
export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Queue, store and work folder of a test, below one folder, so that other processes can open the same. */
export interface TestPlace {
  jobs: Jobs;
  objects: ObjectStore;
  registry: Registry;
  workFolder: string;
  parts(changes?: Partial<TrainWorkerParts>): TrainWorkerParts;
  work(changes?: Partial<TrainWorkerParts>): Promise<TrainWorker>;
  addDataSet(archive: string, name?: string): Promise<void>;
  create(request?: Partial<JobRequestInput>): Promise<Job>;
  /** Resolves when the job is as expected; rejects when it can no longer be. */
  until(id: string, reached: (job: Job) => boolean): Promise<Job>;
  ended(id: string): Promise<Job>;
  /** The trained numbers of a published version, as hexadecimal digits to compare. */
  decoders(version: string): Promise<string>;
  versions(): Promise<string[]>;
}

export function openTestPlace(folder: string): TestPlace {
  const jobs = new FolderJobs(join(folder, 'jobs'));
  const objects = folderObjectStore(join(folder, 'store'));
  const registry = new ObjectRegistry(objects);
  const workFolder = join(folder, 'work');
  const place: TestPlace = {
    jobs,
    objects,
    registry,
    workFolder,
    parts: (changes) => ({
      ...{ jobs, objects, registry, workFolder, device: 'cpu', threads: 2, concurrency: 1 },
      ...{ logger: silent, checkpointPauseMs: 0, sweepMs: 200 },
      ...changes,
    }),
    work: (changes) => startTrainWorker(place.parts(changes)),
    async addDataSet(archive, name = 'wood.zip') {
      await mkdir(folder, { recursive: true });
      await objects.put(`data-sets/${name}`, await readFile(archive));
    },
    create: async (request) => (await jobs.create(tinyJob(request))).job,
    async until(id, reached) {
      for (;;) {
        const job = await jobs.get(id);
        if (reached(job)) return job;
        if (job.finishedAt !== null) throw new Error(`it has ended: ${JSON.stringify(job)}`);
        await setTimeout(10);
      }
    },
    ended: (id) => place.until(id, (job) => job.finishedAt !== null),
    async decoders(version) {
      return Buffer.from(await registry.bundle('wood', version).read('decoders.safetensors')).toString('hex');
    },
    async versions() {
      const { versions } = await registry.listVersions('wood', { limit: 50 });
      return versions.map(({ version }) => version);
    },
  };
  return place;
}
