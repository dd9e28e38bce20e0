import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BundleError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { externalModel, vector } from '../conformance/models.js';
import { createNodeRuntime } from './create-node-runtime.js';
import { readModel } from './read-model.js';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cflow-read-model-')));
});
afterAll(() => rm(folder, { recursive: true }));

async function runsWith(location: string, path: string): Promise<void> {
  const { model, weights } = externalModel(location);
  const runtime = createNodeRuntime({ device: 'cpu', threads: 1, worker: false });
  const session = await runtime.createSession({ model, externalData: [{ path: location, data: path }] });
  const { y } = await session.run({ x: vector(0, 0, 0, 0) });
  expect([...(y!.data as Float32Array)]).toEqual(weights);
  await runtime.dispose();
}

describe('weights in files', () => {
  const location = 'weights.safetensors';
  const { model, data } = externalModel(location);

  it('are left to the engine, which maps them, when they lie in one folder under their names', async () => {
    const path = join(folder, location);
    await writeFile(path, data);
    expect(await readModel({ model, externalData: [{ path: location, data: path }] })).toEqual({
      model,
      externalFolder: folder,
    });
    await runsWith(location, path);
  });

  it('also in a folder of their own below it', async () => {
    await mkdir(join(folder, 'backbone'), { recursive: true });
    const path = join(folder, 'backbone', location);
    await writeFile(path, data);
    const { model: nested } = externalModel(`backbone/${location}`);
    const externalData = [{ path: `backbone/${location}`, data: path }];
    expect(await readModel({ model: nested, externalData })).toMatchObject({ externalFolder: folder });
    await runsWith(`backbone/${location}`, path);
  });

  it('are read when a link leads to another name, which the engine would refuse', async () => {
    const stored = join(folder, 'sha256-0123');
    await writeFile(stored, data);
    await mkdir(join(folder, 'links'), { recursive: true });
    const link = join(folder, 'links', location);
    await symlink(stored, link);
    const read = await readModel({ model, externalData: [{ path: location, data: link }] });
    expect(read.externalFolder).toBeUndefined();
    expect(new Uint8Array(read.externalData?.[0]?.data ?? [])).toEqual(data);
    await runsWith(location, link);
  });

  it('of a model in bytes are not looked for in the working directory', async () => {
    const runtime = createNodeRuntime({ device: 'cpu', worker: false });
    const { model: sly } = externalModel('package.json');
    const other = { path: location, data };
    const beside = { path: location, data: join(folder, location) };
    for (const externalData of [undefined, [], [other], [beside]]) {
      const source = { model: sly, ...(externalData && { externalData }) };
      await expect(runtime.createSession(source), JSON.stringify(externalData)).rejects.toThrow(BundleError);
    }
    await runtime.dispose();
  });

  it('of a model by path are looked for beside it alone', async () => {
    const inside = join(folder, 'model');
    await mkdir(inside, { recursive: true });
    await writeFile(join(folder, 'outside.bin'), data);
    const runtime = createNodeRuntime({ device: 'cpu', worker: false });
    for (const sly of ['../outside.bin', join(folder, 'outside.bin'), '*/_ORT_MEM_ADDR_/*']) {
      const path = join(inside, 'model.onnx');
      await writeFile(path, externalModel(sly).model);
      await expect(runtime.createSession({ model: path }), sly).rejects.toThrow(BundleError);
    }
    await runtime.dispose();
  });
});
