import { basename } from 'node:path';
import { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { engineFolder, enginePackages, onnxRuntimeVersion } from './engine-package.js';

describe('the package of the engine', () => {
  it('is the one of the platform before the one of all platforms', () => {
    expect(enginePackages('linux', 'x64')).toEqual(['@cflow/onnxruntime-linux-x64', 'onnxruntime-node']);
    expect(basename(engineFolder(['@cflow/spec', 'onnxruntime-node']))).toBe('spec');
    expect(basename(engineFolder(['not-installed-anywhere', 'onnxruntime-node']))).toBe('onnxruntime-node');
    expect(onnxRuntimeVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('is named, with what to do, where it is not installed', () => {
    expect(() => engineFolder(['not-installed-anywhere', 'nor-this'])).toThrow(DeviceError);
    expect(() => engineFolder(['not-installed-anywhere', 'nor-this'])).toThrow(
      /expected .*(not-installed-anywhere or nor-this, got neither; install again|got \w+-\w+;)/,
    );
  });
});
