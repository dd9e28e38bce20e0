import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { float32 } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackHub } from '../testing/loopback-hub.js';
import { findPulledBackbone } from './find-pulled.js';
import { pullBackbone } from './hub.js';
import { writeSafetensors } from './safetensors.js';

const weights = (value: number): Uint8Array => writeSafetensors(new Map([['w', float32([1], [value])]]));

let cacheDir: string;
let hub: LoopbackHub;
let endpoint: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-pulled-'));
  hub = new LoopbackHub();
  hub.files.set('timm/resnet18.a1_in1k', weights(1));
  hub.files.set('timm/resnet18.tv_in1k', weights(2));
  endpoint = await hub.listen();
});
afterEach(async () => {
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const pull = (name: string, revision = 'main') => pullBackbone(name, { cacheDir, endpoint, revision });
const find = (name: string, preferred?: string) => findPulledBackbone(name, { cacheDir, preferred });

describe('findPulledBackbone', () => {
  it('finds nothing in an empty cache', async () => {
    expect(await find('resnet18.a1_in1k')).toBeUndefined();
    expect(await findPulledBackbone('resnet18', { cacheDir: join(cacheDir, 'nowhere') })).toBeUndefined();
  });

  it('finds what was pulled, by its name with or without tag, and asks nobody', async () => {
    const pulled = { ...(await pull('resnet18.a1_in1k')), fromCache: true };
    const { requests } = hub;
    expect(await find('resnet18.a1_in1k')).toEqual(pulled);
    expect(await find('resnet18')).toEqual(pulled);
    expect(await find('resnet18.tv_in1k')).toBeUndefined();
    expect(await find('resnet1')).toBeUndefined();
    expect(await find('resnet18.a1')).toBeUndefined();
    expect(hub.requests).toBe(requests);
  });

  it('prefers one tag, else asks which is meant', async () => {
    await pull('resnet18.a1_in1k');
    await pull('resnet18.tv_in1k');
    expect((await find('resnet18', 'resnet18.tv_in1k'))?.repository).toBe('timm/resnet18.tv_in1k');
    await expect(find('resnet18')).rejects.toThrow(ConfigurationError);
    await expect(find('resnet18', 'resnet18.a3_in1k')).rejects.toThrow(/a1_in1k@main.*tv_in1k@main/);
  });

  it('prefers the main branch, and takes equal files for one', async () => {
    await pull('resnet18.a1_in1k', 'v1');
    expect((await find('resnet18'))?.revision).toBe('v1');
    await pull('resnet18.a1_in1k', 'v2');
    expect((await find('resnet18'))?.revision).toBe('v1');
    await pull('resnet18.a1_in1k');
    expect((await find('resnet18'))?.revision).toBe('main');
  });

  it('does not give a damaged file, and bears anything in the folder', async () => {
    const { path } = await pull('resnet18.a1_in1k');
    await writeFile(join(dirname(path), 'revision-x.json'), '{"endpoint": 1');
    await writeFile(join(dirname(path), 'revision-y.json'), 'null');
    await writeFile(join(cacheDir, 'hub', 'file'), '');
    expect((await find('resnet18'))?.path).toBe(path);
    await appendFile(path, 'x');
    expect(await find('resnet18')).toBeUndefined();
  });
});
