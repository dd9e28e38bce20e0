import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrainingEvent } from '../events.js';
import { checkBackboneNamed, chooseBackbone } from './choose-backbone.js';

let folder: string;
let output: string;
let events: TrainingEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-choose-'));
  output = join(folder, 'detector.cflow');
  events = [];
  // Nobody listens there.
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:1/simple');
  vi.stubEnv('CFLOW_CACHE', join(folder, 'cache'));
  vi.stubEnv('CFLOW_BACKBONE', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const choose = (options: Partial<Parameters<typeof chooseBackbone>[0]> = {}): Promise<string> =>
  chooseBackbone({ output, ...options }, new AbortController().signal, (event) => void events.push(event));

describe('chooseBackbone', () => {
  it('takes the one that is named', async () => {
    expect(await choose({ configuration: { backbone: 'resnet18' } })).toBe('resnet18');
    expect(events).toEqual([]);
  });

  it('tells that the default could not be fetched', async () => {
    expect(await choose()).toBe('embedded');
    expect(events).toMatchObject([{ type: 'fallback', backbone: 'embedded', of: 'efficientnet_lite0' }]);
  });

  it('goes on with what a run began with, whatever the default is by now', async () => {
    await mkdir(`${output}.training`);
    const identity = { configuration: { backbone: 'efficientnet_lite0' } };
    await writeFile(join(`${output}.training`, 'run.json'), JSON.stringify(identity));
    expect(await choose({ resume: true })).toBe('efficientnet_lite0');
    expect(events).toEqual([]);
  });
});

describe('checkBackboneNamed', () => {
  it.each([{ weights: 'file.safetensors' }, { configuration: { preTrained: false } }])(
    'refuses %o without a network',
    (options) => {
      expect(() => checkBackboneNamed(options)).toThrow(ConfigurationError);
      expect(() => checkBackboneNamed(options)).toThrow(/weights are for, got none: name a backbone/);
    },
  );
});
