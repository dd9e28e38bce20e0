import { CflowError, type DetectorSettings } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { SettingsReader } from './settings-reader.js';

describe('SettingsReader', () => {
  it('asks now and then, and keeps what was said last while the storage is away', async () => {
    let now = 0;
    let answer: DetectorSettings | CflowError = { name: 'wood', revision: 1 };
    let asked = 0;
    const reader = new SettingsReader({
      freshMs: 100,
      now: () => now,
      registry: {
        settings: async () => {
          asked++;
          if (answer instanceof CflowError) throw answer;
          return answer;
        },
      },
    });
    expect((await reader.of('wood'))?.revision).toBe(1);
    answer = { name: 'wood', revision: 2 };
    expect([(await reader.of('wood'))?.revision, asked]).toEqual([1, 1]);
    now = 100;
    expect((await reader.of('wood'))?.revision).toBe(2);
    answer = new CflowError('store', 'away', { retryable: true });
    now = 300;
    expect((await reader.of('wood'))?.revision).toBe(2);
    await expect(reader.of('steel')).rejects.toThrow('away');
  });
});
