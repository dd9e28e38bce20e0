import { WeightsError } from '@cflow/spec';

/** Bytes per element of the safetensors types read here. */
export const SAFETENSORS_ELEMENT_BYTES = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  U16: 2,
  U8: 1,
  I8: 1,
  BOOL: 1,
} as const;

export type SafetensorsType = keyof typeof SAFETENSORS_ELEMENT_BYTES;

/** Where one tensor lies in the file. */
export interface SafetensorsEntry {
  dtype: SafetensorsType;
  dims: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes. */
  length: number;
}

export interface SafetensorsHeader {
  /** In the order of the header. */
  tensors: ReadonlyMap<string, SafetensorsEntry>;
  metadata: Readonly<Record<string, string>>;
  /** Where the data section begins, in bytes from the start of the file. */
  dataOffset: number;
}

/**
 * What a header may be, at most: looked at before anything is made of it. The reference implementation (safetensors, Rust)
 * lets it have 100 MB, which JSON takes seconds for; the largest networks have some thousand tensors of a hundred bytes.
 */
const MAX_HEADER_BYTES: number = 2 ** 24;
const MAX_TENSORS = 100_000;
const MAX_METADATA = 1000;
const MAX_RANK = 64;

/**
 * Reads and checks the header of a safetensors file.
 *
 * @param bytes The file, or at least its beginning up to the end of the header.
 * @param fileLength Length of the whole file in bytes, when `bytes` is only its beginning.
 * @throws WeightsError when the header is not well formed, or when the tensors do not fill the data section
 * exactly, without gap or overlap. Errors about one tensor carry its name in `details.tensor`.
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  fileLength: number = bytes.length,
): SafetensorsHeader {
  if (bytes.length < 8) throw damaged(`it has ${bytes.length} bytes, and a header length alone takes 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) {
    throw damaged(`it declares a header of ${declared} bytes, more than the limit of ${MAX_HEADER_BYTES}`);
  }
  const dataOffset = 8 + Number(declared);
  if (dataOffset > bytes.length || dataOffset > fileLength) {
    throw damaged(`it declares a header of ${declared} bytes, and ${bytes.length - 8} bytes follow`);
  }
  const text = decode(bytes.subarray(8, dataOffset));
  const header = parse(text);
  if (hasMore(MAX_TENSORS + 1, header)) throw damaged(`it has more than ${MAX_TENSORS} tensors`);
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(value);
    else tensors.set(name, readEntry(name, value, dataOffset));
  }
  rejectRepeatedKeys(text, header);
  checkLayout(tensors, dataOffset, fileLength);
  return { tensors, metadata, dataOffset };
}

/**
 * Number of elements of a shape.
 * @throws WeightsError naming the tensor when the product passes 2^53 - 1.
 */
export function checkedElementCount(name: string, dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) {
    count *= dim;
    if (!Number.isSafeInteger(count)) {
      throw tensorError(name, `its shape [${dims}] has more elements than can be counted`);
    }
  }
  return count;
}

/** A WeightsError about one tensor of a safetensors file. */
export function tensorError(
  name: string,
  problem: string,
  details: Record<string, unknown> = {},
): WeightsError {
  return new WeightsError(`tensor ${quote(name)} in the safetensors file: ${problem}`, {
    details: { tensor: name, ...details },
  });
}

function damaged(problem: string, cause?: unknown): WeightsError {
  return new WeightsError(`not a safetensors file, or a damaged one: ${problem}`, { cause });
}

// A name from a stranger may be megabytes long.
function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw damaged('its header is not UTF-8', cause);
  }
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged('its header is not JSON', cause);
  }
  if (!isRecord(value)) throw damaged('its header is not a JSON object');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasMore(most: number, value: object): boolean {
  let count = 0;
  for (const _ in value) if (++count > most) return true;
  return false;
}

function readMetadata(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw damaged('its "__metadata__" is not an object');
  if (hasMore(MAX_METADATA, value)) throw damaged(`its "__metadata__" has more than ${MAX_METADATA} texts`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string' || key === '__proto__') {
      throw damaged(
        `its "__metadata__" has ${quote(key)}, which is not allowed: only texts under plain names`,
      );
    }
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, dataOffset: number): SafetensorsEntry {
  if (name === '__proto__') throw tensorError(name, 'this name is not allowed');
  if (!isRecord(value)) throw tensorError(name, 'its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  for (const field in value) {
    if (field !== 'dtype' && field !== 'shape' && field !== 'data_offsets') {
      throw tensorError(name, `its entry has the unknown field ${quote(field)}`);
    }
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(SAFETENSORS_ELEMENT_BYTES, dtype)) {
    const known = Object.keys(SAFETENSORS_ELEMENT_BYTES).join(', ');
    throw tensorError(name, `type ${JSON.stringify(dtype)?.slice(0, 40)} is not one of ${known}`);
  }
  if (!isSizes(shape, MAX_RANK)) {
    throw tensorError(name, `its shape is not a list of at most ${MAX_RANK} whole numbers`);
  }
  if (!isSizes(offsets, 2) || offsets.length !== 2) {
    throw tensorError(name, 'its data_offsets are not two whole numbers');
  }
  const [begin, end] = offsets as [number, number];
  const expected = checkedElementCount(name, shape) * SAFETENSORS_ELEMENT_BYTES[dtype as SafetensorsType];
  if (end - begin !== expected) {
    throw tensorError(name, `${dtype} [${shape}] takes ${expected} bytes, its offsets span ${end - begin}`);
  }
  return { dtype: dtype as SafetensorsType, dims: shape, offset: dataOffset + begin, length: expected };
}

/** Whole numbers, at most so many; what is longer is not looked through. */
function isSizes(value: unknown, most: number): value is number[] {
  if (!Array.isArray(value) || value.length > most) return false;
  return value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  dataOffset: number,
  fileLength: number,
): void {
  const byOffset = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  let end = dataOffset;
  for (const [name, { offset, length }] of byOffset) {
    if (offset !== end) {
      throw tensorError(
        name,
        offset < end ? 'it overlaps another tensor' : `${offset - end} unused bytes before it`,
      );
    }
    end += length;
    if (end > fileLength) {
      throw tensorError(name, `it ends at byte ${end}, the file at ${fileLength}: is the file cut short?`);
    }
  }
  if (end !== fileLength) throw damaged(`${fileLength - end} bytes follow the last tensor`);
}

/**
 * JSON.parse keeps the last of two equal keys in silence. In valid JSON each key is a text followed by a colon,
 * so a key that occurs more often in the text than in the parsed header was repeated.
 */
function rejectRepeatedKeys(text: string, header: Record<string, unknown>): void {
  const remaining = new Map<string, number>();
  const count = (key: string, by: number) => remaining.set(key, (remaining.get(key) ?? 0) + by);
  for (const [name, entry] of Object.entries(header)) {
    count(name, 1);
    for (const field of Object.keys(entry as object)) count(field, 1);
  }
  for (let i = text.indexOf('"'); i >= 0; i = text.indexOf('"', i + 1)) {
    const start = i;
    for (i += 1; text[i] !== '"'; i++) if (text[i] === '\\') i++;
    let next = i + 1;
    while (' \t\r\n'.includes(text[next] ?? '.')) next++;
    if (text[next] !== ':') continue;
    const key = JSON.parse(text.slice(start, i + 1)) as string;
    count(key, -1);
    if ((remaining.get(key) as number) < 0) throw tensorError(key, 'this name occurs twice in the header');
  }
}
