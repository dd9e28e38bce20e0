import { CflowError, type DetectorSettings, predictOptionsSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { SettingsReader } from './settings-reader.js';
import { withSettings } from './with-settings.js';

const [ONE, TWO] = ['a'.repeat(64), 'b'.repeat(64)];
const options = (given: object = {}) => predictOptionsSchema.parse(given);

describe('withSettings', () => {
  const decided = { name: 'wood', revision: 3, threshold: 5, pixelThreshold: 7, minArea: 12, version: ONE };

  it('takes thresholds for the version that they are of, and for no other', () => {
    expect(withSettings(options(), decided, ONE)).toMatchObject({
      threshold: 5,
      pixelThreshold: 7,
      minArea: 12,
    });
    const other = withSettings(options(), decided, TWO);
    expect([other.threshold, other.pixelThreshold, other.minArea]).toEqual([undefined, undefined, 12]);
  });

  it('takes a false-alarm rate for any version', () => {
    const rate = { name: 'wood', revision: 1, falseAlarmRate: 0.02 };
    expect(withSettings(options(), rate, TWO)).toMatchObject({ falseAlarmRate: 0.02, minArea: 1 });
  });

  it('leaves what a request asks for', () => {
    const asked = withSettings(options({ falseAlarmRate: 0.1, minArea: 0 }), decided, ONE);
    expect(asked).toMatchObject({ falseAlarmRate: 0.1, minArea: 0 });
    expect([asked.threshold, asked.pixelThreshold]).toEqual([undefined, undefined]);
    expect(withSettings(options({ pixelThreshold: 1 }), decided, ONE)).toMatchObject({
      threshold: 5,
      pixelThreshold: 1,
    });
    expect(withSettings(options(), undefined, ONE).minArea).toBe(1);
  });
});

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
