import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeRuntime } from '../src/conformance.js';
import { createNodeRuntime } from '../src/node.js';

const folder = mkdtempSync(join(tmpdir(), 'cflow-webgpu-'));
afterAll(() => rm(folder, { recursive: true }));

describeRuntime('webgpu in a worker thread', {
  create: () => createNodeRuntime({ device: 'webgpu' }),
  // WGSL allows exp() an error of 3 + 2|x| units in the last place.
  tolerance: 1e-6,
  offThread: true,
  async writeFile(name, bytes) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  },
});
