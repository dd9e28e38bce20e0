import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { describeRuntime } from '../conformance.js';
import { createNodeRuntime } from './create-node-runtime.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-runtime-'));
});
afterAll(() => rm(folder, { recursive: true }));

const store = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

describeRuntime('cpu in a worker thread', {
  create: () => createNodeRuntime({ device: 'cpu', threads: 1 }),
  offThread: true,
  writeFile: store,
});

describeRuntime('cpu in this thread', {
  create: () => createNodeRuntime({ device: 'cpu', threads: 1, worker: false }),
  offThread: false,
  writeFile: store,
});
