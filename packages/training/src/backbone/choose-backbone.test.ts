import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrainingEvent } from '../events.js';
import { checkBackboneNamed, chooseBackbone } from './choose-backbone.js';

let folder: string;
let events: TrainingEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-choose-'));
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

const choose = (asked?: string): Promise<string> =>
  chooseBackbone(asked, new AbortController().signal, (event) => void events.push(event));

describe('chooseBackbone', () => {
  it('takes the one that is named', async () => {
    expect(await choose('resnet18')).toBe('resnet18');
    expect(events).toEqual([]);
  });

  it('tells that the default could not be fetched', async () => {
    expect(await choose()).toBe('embedded');
    expect(events).toMatchObject([{ type: 'fallback', backbone: 'embedded', of: 'efficientnet_lite0' }]);
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
