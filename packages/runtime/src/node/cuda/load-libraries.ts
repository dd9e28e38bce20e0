import { constants } from 'node:os';
import { join } from 'node:path';
import { type Device, DeviceError } from '@cflow/spec';
import { onnxRuntimeFolder } from '../engine-package.js';
import { CUDA_LIBRARIES, DRIVER_LIBRARY } from './cuda-libraries.js';
import { compatLibrary, librariesFolder, onThisMachine } from './find-cuda.js';
import { driverFit, driverVersion } from './nvidia-driver.js';

/** Keeps a library that is closed. Source: dlfcn.h of glibc, on every Linux; Node has no name for it. */
const RTLD_NODELETE = 0x1000;

/**
 * Loads CUDA's libraries into this process, so that the provider finds them wherever they lie, without LD_LIBRARY_PATH,
 * and so that the one that does not load is known by name. Where the driver is older than CUDA, NVIDIA's `cuda-compat`
 * goes before it. Does nothing the second time.
 *
 * @throws DeviceError that names the library
 */
export async function loadCudaLibraries(folder: string = onnxRuntimeFolder()): Promise<void> {
  const libraries = librariesFolder({ folder, real: onThisMachine.real });
  const compat = compatLibrary(libraries);
  const older = driverFit(await driverVersion()) === 'with-compat';
  loadLibrary(older && onThisMachine.exists(compat) ? compat : DRIVER_LIBRARY);
  for (const name of CUDA_LIBRARIES) loadLibrary(join(libraries, name));
}

/**
 * Node opens addons only, with `dlopen`: another library is opened, found to be none, and closed, which this one is told
 * not to mind.
 */
function loadLibrary(path: string): void {
  try {
    const { RTLD_LAZY, RTLD_GLOBAL } = constants.dlopen as Record<string, number>;
    process.dlopen({ exports: {} }, path, (RTLD_LAZY ?? 1) | (RTLD_GLOBAL ?? 0x100) | RTLD_NODELETE);
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('did not self-register')) return;
    const reason =
      path === DRIVER_LIBRARY
        ? `the NVIDIA driver's library cannot be loaded: ${message}; in a container, start it with the cards (docker run --gpus all)`
        : `a library of CUDA cannot be loaded: ${message}`;
    throw new DeviceError('CUDA does not load', [{ device: 'cuda' satisfies Device, reason }], {
      cause: error,
    });
  }
}
