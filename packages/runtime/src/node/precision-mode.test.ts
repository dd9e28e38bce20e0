import { ConfigurationError } from '@cflow/spec';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { multipliesAsAsked, multiplyAsAsked, precisionMode } from './precision-mode.js';

afterEach(() => vi.unstubAllEnvs());

describe('the precision mode of a process', () => {
  it('is exact unless something else is said, whatever the surroundings say of TF32', () => {
    for (const said of [undefined, '', 'exact']) {
      vi.stubEnv('CFLOW_PRECISION_MODE', said);
      vi.stubEnv('NVIDIA_TF32_OVERRIDE', '1');
      expect(precisionMode()).toBe('exact');
      expect(multipliesAsAsked()).toBe(false);
      multiplyAsAsked();
      expect(process.env.NVIDIA_TF32_OVERRIDE).toBe('0');
      expect(multipliesAsAsked()).toBe(true);
    }
  });

  it('leaves products to the card where throughput is asked for', () => {
    vi.stubEnv('CFLOW_PRECISION_MODE', 'throughput');
    vi.stubEnv('NVIDIA_TF32_OVERRIDE', '0');
    multiplyAsAsked();
    expect(process.env.NVIDIA_TF32_OVERRIDE).toBeUndefined();
    expect(multipliesAsAsked()).toBe(true);
  });

  it('is refused where it is none', () => {
    vi.stubEnv('CFLOW_PRECISION_MODE', 'fast');
    expect(precisionMode).toThrow(ConfigurationError);
    expect(precisionMode).toThrow(/CFLOW_PRECISION_MODE: expected exact or throughput, got "fast"/);
  });
});
