// Where ONNX Runtime's binding for Node comes from. Published packages bring it as one package per platform, made of the
// files of onnxruntime-node without its install script, which fetches CUDA from a registry of its own and fails where that
// is not reached. A checkout has onnxruntime-node itself.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DeviceError } from '@cflow/spec';

/** Platforms that onnxruntime-node has binaries for; those of Linux are for glibc. */
export const ENGINE_PLATFORMS: readonly string[] = [
  'linux-x64',
  'linux-arm64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];

const here = createRequire(import.meta.url);

/** The packages that may hold the engine of a platform; the first that is installed is taken. */
export function enginePackages(
  platform: string = process.platform,
  arch: string = process.arch,
): readonly [string, string] {
  return [`@cflow/onnxruntime-${platform}-${arch}`, 'onnxruntime-node'];
}

/**
 * The folder of the package that holds the engine here.
 *
 * @throws DeviceError where none is installed
 */
export function engineFolder(names: readonly string[] = enginePackages()): string {
  for (const name of names) {
    try {
      return dirname(here.resolve(`${name}/package.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new DeviceError('ONNX Runtime is not installed', [{ device: 'cpu', reason: missing(names) }]);
}

function missing(names: readonly string[]): string {
  const platform = `${process.platform}-${process.arch}`;
  return ENGINE_PLATFORMS.includes(platform)
    ? `expected the package ${names.join(' or ')}, got neither; install again without --omit=optional (npm) or --no-optional`
    : `expected one of ${ENGINE_PLATFORMS.join(', ')}, got ${platform}; a browser's engine is in onnxruntime-web`;
}

/** Where the engine has its native libraries, and looks for those of its providers. */
export function onnxRuntimeFolder(): string {
  return join(engineFolder(), 'bin/napi-v6', process.platform, process.arch);
}

/** Of the engine that is used here. */
export function onnxRuntimeVersion(): string {
  const { version } = JSON.parse(readFileSync(join(engineFolder(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
