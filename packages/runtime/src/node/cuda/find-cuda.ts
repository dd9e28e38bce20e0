import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CUDA_LIBRARIES, CUDA_PROVIDER_FILES, CUDNN_PARTS, DRIVER_NEEDED } from './cuda-libraries.js';
import { driverFit } from './nvidia-driver.js';

/** What a machine has, as `missingPart` wants to know it. */
export interface CudaPlace {
  platform: string;
  arch: string;
  /** Where ONNX Runtime looks for its provider. */
  folder: string;
  /** Of the NVIDIA driver; undefined where it is not known. */
  driver: string | undefined;
  exists(path: string): boolean;
  /** Where a path really leads. */
  real(path: string): string;
}

export const onThisMachine: Pick<CudaPlace, 'platform' | 'arch' | 'exists' | 'real'> = {
  platform: process.platform,
  arch: process.arch,
  exists: existsSync,
  real: (path) => realpathSync(path),
};

/** Where CUDA's libraries lie: with the provider, wherever a link to it leads. */
export function librariesFolder({ folder, real }: Pick<CudaPlace, 'folder' | 'real'>): string {
  return dirname(real(join(folder, CUDA_PROVIDER_FILES[0])));
}

/** NVIDIA's user-mode driver of a newer version, which goes before an older one of the machine. */
export function compatLibrary(libraries: string): string {
  return join(libraries, 'compat', 'libcuda.so.1');
}

const INSTALL = 'cflow cuda install';

/** The first thing that CUDA needs and that is not there, in one line, with what to do about it. */
export function missingPart(place: CudaPlace): string | undefined {
  const { platform, arch, folder, driver, exists } = place;
  if (platform !== 'linux' || arch !== 'x64') {
    return `onnxruntime-node runs CUDA on linux/x64 only, this is ${platform}/${arch}`;
  }
  for (const name of CUDA_PROVIDER_FILES) {
    if (!exists(join(folder, name))) {
      return `the CUDA provider of ONNX Runtime is not installed (${name}): ${INSTALL}`;
    }
  }
  const libraries = librariesFolder(place);
  for (const name of [...CUDA_LIBRARIES, ...CUDNN_PARTS]) {
    if (!exists(join(libraries, name))) return `${name} is missing in ${libraries}: ${INSTALL}`;
  }
  if (!['/dev/nvidiactl', '/dev/dxg'].some(exists)) {
    return 'there is no NVIDIA driver here; in a container, start it with the cards (docker run --gpus all)';
  }
  const fit = driverFit(driver);
  if (fit === 'too-old') {
    return `the NVIDIA driver is too old: it is ${driver} and must be ${DRIVER_NEEDED} or newer for CUDA 13`;
  }
  if (fit === 'with-compat' && !exists(compatLibrary(libraries))) {
    return (
      `the NVIDIA driver is too old: it is ${driver} and must be ${DRIVER_NEEDED} or newer for CUDA 13; ` +
      `on a data-center card cuda-compat in ${dirname(compatLibrary(libraries))} will do`
    );
  }
  return undefined;
}
