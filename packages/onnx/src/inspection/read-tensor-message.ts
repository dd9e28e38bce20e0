import { GraphError } from '../graph-error.js';
import { BOOL, ELEMENTS, elementBytes, FLOAT32, FLOAT64, INT32, INT64, typeName } from './element-types.js';
import { MAX_FOLLOWED, MAX_RANK } from './inspection-limits.js';
import { shown } from './shown.js';
import { type Stretch, viewOf, WireMessage } from './wire-message.js';

/** A constant as a model has it. */
export interface ConstantMessage {
  name: string;
  /** Number of TensorProto.DataType. */
  type: number;
  dims: readonly number[];
  /** Elements. */
  count: number;
  /** Its numbers, where there are few and they lie in the model. */
  values: readonly number[] | undefined;
  /** Where it lies, if not in the model. */
  external: { location: string; offset: number; length: number } | undefined;
}

const FLOAT_DATA = 4;
const INT32_DATA = 5;
const INT64_DATA = 7;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;

/** The fields that numbers may lie in, and of which types. */
const DATA: ReadonlyMap<number, readonly number[]> = new Map([
  [FLOAT_DATA, [FLOAT32]],
  [INT32_DATA, [INT32, 2, 3, 4, 5, BOOL, 10, 16]],
  [INT64_DATA, [INT64]],
  [RAW_DATA, [...ELEMENTS.keys()]],
  [DOUBLE_DATA, [FLOAT64]],
  [11, [12, 13]],
]);

/**
 * Reads a TensorProto, and its numbers where they are few: they may be sizes.
 * @throws GraphError when type, shape and data do not go together
 */
export function readTensorMessage(bytes: Uint8Array | Stretch): ConstantMessage {
  const message = new WireMessage(bytes, 'TensorProto', [1, 2, ...DATA.keys(), 8, 12, 13, 14, 16]);
  const name = message.text(8);
  const type = message.int(2) ?? 0;
  const element = ELEMENTS.get(type);
  if (!element) throw refused(name, `is of ${typeName(type)}, which no network here has`);
  const dims = message.ints(1, MAX_RANK);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const size = count * element[1];
  if (dims.some((dim) => !(dim >= 0)) || !Number.isSafeInteger(size)) {
    throw refused(name, 'has a shape that no tensor can have');
  }
  const given = [...DATA.keys()].filter((field) => message.has(field));
  const external = readLocation(name, message, size);
  if (given.length > (external ? 0 : 1)) throw refused(name, 'has its numbers in more than one place');
  if (external) return { name, type, dims, count, values: undefined, external };
  const field = given[0] ?? RAW_DATA;
  if (!DATA.get(field)?.includes(type)) throw refused(name, `does not hold the ${element[0]} that it says`);
  const raw = field === RAW_DATA ? message.bytes(field) : undefined;
  const found = field === RAW_DATA ? (raw ? raw.end - raw.start : 0) / element[1] : undefined;
  if (found !== undefined && found !== count) {
    throw refused(name, `holds ${found * element[1]} bytes, and its shape takes ${size}`);
  }
  const values = count <= MAX_FOLLOWED ? numbersOf(message, field, type, count) : undefined;
  if (values && values.length !== count) {
    throw refused(name, `holds ${values.length} numbers, and its shape takes ${count}`);
  }
  // What a decoder would cut down to its type is another number for it than it is here.
  if (
    values?.some((value) =>
      type === BOOL ? value !== 0 && value !== 1 : type === INT32 && value !== (value | 0),
    )
  ) {
    throw refused(name, `holds numbers that are no ${element[0]}`);
  }
  return { name, type, dims, count, values, external: undefined };
}

const KEYS = ['location', 'offset', 'length'];
const EXTERNAL = 1;

function readLocation(name: string, message: WireMessage, size: number): ConstantMessage['external'] {
  const entries = message.list(13).map((bytes) => {
    const entry = new WireMessage(bytes, 'StringStringEntryProto', [1, 2]);
    return [entry.text(1), entry.text(2)] as const;
  });
  const places = new Map(entries);
  const where = message.int(14) ?? 0;
  if (where !== EXTERNAL && entries.length === 0 && where === 0) return undefined;
  if (!places.get('location')) throw refused(name, 'names no location for its external data');
  if (where !== EXTERNAL || places.size < entries.length || entries.some(([key]) => !KEYS.includes(key))) {
    throw refused(name, 'says in more than one way where its external data lie');
  }
  const place = (key: string, otherwise: number): number => {
    const text = places.get(key);
    if (text === undefined) return otherwise;
    return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  };
  const external = {
    location: places.get('location') as string,
    offset: place('offset', 0),
    length: place('length', size),
  };
  if (external.length === size && external.offset >= 0) return external;
  throw refused(
    name,
    `takes ${size} bytes, and lies at another number of bytes in ${shown(external.location)}`,
  );
}

function numbersOf(
  message: WireMessage,
  field: number,
  type: number,
  count: number,
): readonly number[] | undefined {
  const read = READERS.get(type);
  if (!read) return undefined;
  if (field === INT32_DATA || field === INT64_DATA) return message.ints(field, count);
  const width = elementBytes(type);
  const stretches = field === RAW_DATA ? message.list(field) : message.fixed(field, width === 4 ? 4 : 8);
  return stretches.flatMap((stretch) => {
    const view = viewOf(stretch);
    const length = Math.min(count + 1, Math.floor(view.byteLength / width));
    return Array.from({ length }, (_, i) => read(view, i * width));
  });
}

/** The types that sizes are computed in. */
const READERS: ReadonlyMap<number, (view: DataView, at: number) => number> = new Map([
  [FLOAT32, (view, at) => view.getFloat32(at, true)],
  [FLOAT64, (view, at) => view.getFloat64(at, true)],
  [INT32, (view, at) => view.getInt32(at, true)],
  [INT64, (view, at) => int64At(view, at)],
  [BOOL, (view, at) => view.getUint8(at)],
]);

function int64At(view: DataView, at: number): number {
  const value = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  // INT64_MAX is how exporters write "to the end".
  return Number.isSafeInteger(value) ? value : value * Infinity;
}

function refused(name: string, problem: string): GraphError {
  return new GraphError(`the constant ${shown(name)} ${problem}`);
}
