import { describe, expect, it } from 'vitest';
import { CUDA_LIBRARIES, CUDA_PROVIDER_FILES, CUDNN_PARTS } from './cuda-libraries.js';
import { type CudaPlace, missingPart } from './find-cuda.js';

const PROVIDER = CUDA_PROVIDER_FILES.map((name) => `/ort/${name}`);
const LIBRARIES = [...CUDA_LIBRARIES, ...CUDNN_PARTS].map((name) => `/cuda/${name}`);
const DRIVER = '/dev/nvidiactl';
const EVERYTHING = [...PROVIDER, ...LIBRARIES, DRIVER];

/** A machine with these files, where the provider's files are links into /cuda. */
const machine = (files: readonly string[], driver?: string): CudaPlace => ({
  platform: 'linux',
  arch: 'x64',
  folder: '/ort',
  driver,
  exists: (path) => files.includes(path),
  real: (path) => path.replace(/^\/ort\//, '/cuda/'),
});

describe('what CUDA needs', () => {
  it('is missed nowhere where all is there', () => {
    expect(missingPart(machine(EVERYTHING))).toBeUndefined();
    expect(missingPart(machine(EVERYTHING, '580.65.06'))).toBeUndefined();
  });

  it('is missed elsewhere than on linux/x64', () => {
    expect(missingPart({ ...machine([]), platform: 'darwin', arch: 'arm64' })).toMatch(
      /linux\/x64 only, this is darwin\/arm64/,
    );
  });

  it.each([...PROVIDER, ...LIBRARIES])('%s is missed by name, with what to do', (gone) => {
    const found = missingPart(machine(EVERYTHING.filter((path) => path !== gone)));
    expect(found).toContain(gone.slice(gone.lastIndexOf('/') + 1));
    expect(found).toMatch(/cflow cuda install$/);
  });

  it('is missed where there is no driver', () => {
    expect(missingPart(machine([...PROVIDER, ...LIBRARIES]))).toMatch(/no NVIDIA driver.*--gpus all/);
  });

  it.each(['535.129.03', '579.99'])('says of the driver %s which it is and which it must be', (version) => {
    const found = missingPart(machine(EVERYTHING, version));
    expect(found).toContain(`it is ${version} and must be 580 or newer`);
    expect(found).toContain('cuda-compat in /cuda/compat');
    expect(found).not.toMatch(/\n/);
    const withCompat = machine([...EVERYTHING, '/cuda/compat/libcuda.so.1'], version);
    expect(missingPart(withCompat)).toBeUndefined();
  });

  it('says of a driver that nothing lifts only that', () => {
    const place = machine([...EVERYTHING, '/cuda/compat/libcuda.so.1'], '470.57.02');
    expect(missingPart(place)).toBe(
      'the NVIDIA driver is too old: it is 470.57.02 and must be 580 or newer for CUDA 13',
    );
  });
});
