import { describe, expect, it } from 'vitest';
import { driverFit, driverVersion, driverVersionOf } from './nvidia-driver.js';

describe('the NVIDIA driver', () => {
  it.each([
    [
      'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023\nGCC version:  gcc 12\n',
      '535.129.03',
    ],
    [
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (user@host)  \n',
      '580.65.06',
    ],
    ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  450.80  Wed\n', '450.80'],
    ['', undefined],
    ['something else 580.65.06 altogether', undefined],
  ])('of %j is %s', (text, version) => {
    expect(driverVersionOf(text)).toBe(version);
  });

  it('is not known where nothing says so', async () => {
    expect(await driverVersion('/nowhere/at/all')).toBeUndefined();
  });

  it.each([
    ['580.65.06', 'fits'],
    ['1000.1', 'fits'],
    [undefined, 'fits'],
    ['579.1', 'with-compat'],
    ['535.54', 'with-compat'],
    ['530.30', 'too-old'],
  ])('%s %s', (version, fit) => {
    expect(driverFit(version)).toBe(fit);
  });
});
