import { stat } from 'node:fs/promises';
import type { OpenedPackage } from './package-check.js';

const KB = 1000;
const MB = 1000 * KB;

/**
 * Bytes that an archive may have: what is downloaded. Raised by who makes a package larger and knows why.
 *
 * `sdk` and `page` have ONNX Runtime for browsers, `jobs` an empty database, `create` the starter, the engine's packages one
 * native library each.
 */
const BOUNDS: readonly [pattern: RegExp, bytes: number][] = [
  [/onnxruntime-/, 40 * MB],
  [/\/sdk$/, 17 * MB],
  [/\/page$/, 13 * MB],
  [/\/jobs$/, 5 * MB],
  [/\/predict$/, 600 * KB],
  [/\/(model|images|training)$|^cflow$/, 400 * KB],
  [/^/, 200 * KB],
];

export async function checkSize({ tarball, manifest }: OpenedPackage): Promise<string[]> {
  const bound = BOUNDS.find(([pattern]) => pattern.test(manifest.name))![1];
  const { size } = await stat(tarball);
  return size > bound ? [`expected at most ${bound} bytes packed, got ${size}`] : [];
}
