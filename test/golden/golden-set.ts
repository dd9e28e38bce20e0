import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { readSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';

/** What the reference computed: every element of a tensor, or every `stride`-th in row-major order. */
export interface Expected {
  data: Float32Array | Float64Array;
  stride: number;
}

/** One file of golden tensors. */
export class GoldenFile {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #path: string;

  constructor(path: string) {
    const bytes = readFileSync(path);
    const plain = path.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
    this.#tensors = readSafetensors(new Uint8Array(plain)).tensors;
    this.#path = path;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** A tensor in whole, as an input or a parameter needs it. */
  tensor(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new Error(`${this.#path} has no tensor "${name}"`);
    return tensor;
  }

  /** What to compare with: the float64 column where there is one, or a sample where only that was kept. */
  expected(name: string): Expected {
    for (const column of [`${name}_f64`, name]) {
      for (const [stored, tensor] of this.#candidates(column)) {
        const stride = stored === column ? 1 : Number(stored.slice(column.length + SAMPLED.length));
        return { data: tensor.data as Float32Array | Float64Array, stride };
      }
    }
    throw new Error(`${this.#path} has neither "${name}" nor a sample of it`);
  }

  *#candidates(name: string): Iterable<[string, Tensor]> {
    const whole = this.#tensors.get(name);
    if (whole) yield [name, whole];
    for (const [stored, tensor] of this.#tensors)
      if (stored.startsWith(name + SAMPLED)) yield [stored, tensor];
  }
}

/** Between a tensor's name and the stride of the sample kept of it: `grad.x@13`. */
export const SAMPLED = '@';

/** A folder of golden files. */
export class GoldenSet {
  /** `subset`, which is kept here, or `full`. */
  readonly name: string;
  readonly folder: string;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #files: Map<string, GoldenFile> = new Map();

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    const files = readdirSync(folder).filter((file) => /\.safetensors(\.br)?$/.test(file));
    this.#paths = new Map(
      files.map((file) => [file.replace(/\.safetensors(\.br)?$/, ''), join(folder, file)]),
    );
  }

  has(file: string): boolean {
    return this.#paths.has(file);
  }

  file(name: string): GoldenFile {
    const path = this.#paths.get(name);
    if (!path) throw new Error(`no ${name}.safetensors in ${this.folder}`);
    const file = this.#files.get(name) ?? new GoldenFile(path);
    this.#files.set(name, file);
    return file;
  }
}

/**
 * The sets there are: the subset beside this file, and the full set where `CFLOW_GOLDEN` or `../shared/golden`
 * (from the repository's root) holds one.
 * @throws Error when `CFLOW_GOLDEN` names a folder that does not hold the full set
 */
export function goldenSets(): GoldenSet[] {
  const sets = [new GoldenSet('subset', fileURLToPath(new URL('tensors', import.meta.url)))];
  const named = process.env.CFLOW_GOLDEN;
  const folder = named ?? fileURLToPath(new URL('../../../shared/golden', import.meta.url));
  if (existsSync(join(folder, 'train_trace.safetensors'))) sets.push(new GoldenSet('full', folder));
  else if (named !== undefined)
    throw new Error(`CFLOW_GOLDEN is ${named}, which holds no train_trace.safetensors`);
  return sets;
}
