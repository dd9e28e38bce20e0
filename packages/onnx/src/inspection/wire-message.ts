// The wire format of protobuf, as strictly as no general decoder reads it: a field that is not known, of another wire
// type or there twice could mean one thing here and another to ONNX Runtime, and then something else would have been
// inspected than what runs. Nothing recurses: a message inside a message is bytes until somebody reads them.
import { GraphError } from '../graph-error.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Field {
  number: number;
  wire: number;
  /** A varint as a signed number, beyond 2^53 an infinity; everything else as bytes. */
  value: number | Uint8Array;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Longest name, in bytes. */
const MAX_TEXT_BYTES = 1024;
/** Fields of a message, where its reader says nothing else. */
const MAX_FIELDS = 4096;

/** One message: its fields by number. */
export class WireMessage {
  readonly #kind: string;
  readonly #fields: Field[] = [];

  /**
   * @param kind the message's name, for errors
   * @param known the numbers of the fields that it may have
   * @throws GraphError for bytes that are no such message, or more than `maxFields` fields
   */
  constructor(bytes: Uint8Array, kind: string, known: readonly number[], maxFields: number = MAX_FIELDS) {
    this.#kind = kind;
    const reader = new WireReader(bytes, kind);
    for (let count = 1; !reader.done; count++) {
      if (count > maxFields)
        throw malformed(kind, `it has more than ${maxFields} fields, more than any network needs`);
      const tag = reader.varint();
      const number = Math.floor(tag / 8);
      if (!known.includes(number)) throw malformed(kind, `it has a field ${number}, which is not known here`);
      const wire = tag % 8;
      let value: Field['value'];
      if (wire === VARINT) value = reader.varint();
      else if (wire === BYTES) value = reader.take(reader.varint());
      else if (wire === FIXED32) value = reader.take(4);
      else if (wire === FIXED64) value = reader.take(8);
      else throw malformed(kind, `field ${number} is of wire type ${wire}`);
      this.#fields.push({ number, wire, value });
    }
  }

  has(number: number): boolean {
    return this.#fields.some((field) => field.number === number);
  }

  int(number: number): number | undefined {
    return this.#one(number, VARINT) as number | undefined;
  }

  /** A list of int64 or int32, packed or not. */
  ints(number: number, most: number): number[] {
    const found: number[] = [];
    const add = (value: number): void => {
      if (found.length === most) throw malformed(this.#kind, `field ${number} has more than ${most} numbers`);
      found.push(value);
    };
    for (const { wire, value } of this.#all(number)) {
      if (wire === VARINT) add(value as number);
      else if (wire === BYTES) {
        const reader = new WireReader(value as Uint8Array, this.#kind);
        while (!reader.done) add(reader.varint());
      } else throw this.#wrongWire(number, wire);
    }
    return found;
  }

  float(number: number): number | undefined {
    const bytes = this.#one(number, FIXED32) as Uint8Array | undefined;
    return bytes && viewOf(bytes).getFloat32(0, true);
  }

  /** The bytes of a list of numbers of fixed width, packed or not. */
  fixed(number: number, width: 4 | 8): Uint8Array[] {
    return this.#all(number).map(({ wire, value }) => {
      if (wire !== BYTES && wire !== (width === 4 ? FIXED32 : FIXED64)) throw this.#wrongWire(number, wire);
      return value as Uint8Array;
    });
  }

  bytes(number: number): Uint8Array | undefined {
    return this.#one(number, BYTES) as Uint8Array | undefined;
  }

  /** The messages, or texts as bytes, of a list. */
  list(number: number): Uint8Array[] {
    return this.#all(number).map(({ wire, value }) => {
      if (wire !== BYTES) throw this.#wrongWire(number, wire);
      return value as Uint8Array;
    });
  }

  /** A name; empty where there is none. */
  text(number: number): string {
    const bytes = this.bytes(number);
    return bytes ? this.#decode(bytes, number) : '';
  }

  texts(number: number): string[] {
    return this.list(number).map((bytes) => this.#decode(bytes, number));
  }

  #all(number: number): Field[] {
    return this.#fields.filter((field) => field.number === number);
  }

  #one(number: number, wire: number): Field['value'] | undefined {
    let found: Field | undefined;
    for (const field of this.#fields) {
      if (field.number !== number) continue;
      if (found) throw malformed(this.#kind, `field ${number} is there twice`);
      found = field;
    }
    if (found && found.wire !== wire) throw this.#wrongWire(number, found.wire);
    return found?.value;
  }

  #wrongWire(number: number, wire: number): GraphError {
    return malformed(this.#kind, `field ${number} is of wire type ${wire}`);
  }

  #decode(bytes: Uint8Array, number: number): string {
    if (bytes.length > MAX_TEXT_BYTES) {
      throw malformed(this.#kind, `the text in field ${number} has more than ${MAX_TEXT_BYTES} bytes`);
    }
    // Nearly all are ASCII, for which it takes longer to call a decoder than this.
    if (bytes.every((byte) => byte < 128)) return String.fromCharCode(...bytes);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw malformed(this.#kind, `the text in field ${number} is not UTF-8`);
    }
  }
}

/** Numbers and stretches of bytes, one after the other. */
class WireReader {
  readonly #bytes: Uint8Array;
  readonly #kind: string;
  #at = 0;

  constructor(bytes: Uint8Array, kind: string) {
    this.#bytes = bytes;
    this.#kind = kind;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Negative numbers come as 64 bits; numbers beyond 2^53 as infinities. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      // 28 bits below, 36 above: each exact in a double.
      if (shift < 28) low += (byte & 127) * 2 ** shift;
      else high += (byte & 127) * 2 ** (shift - 28);
      if (byte < 128) return signed(low, high % 2 ** 36);
    }
    throw malformed(this.#kind, 'it is cut short, or a number in it has no end');
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (!(length >= 0 && end <= this.#bytes.length)) throw malformed(this.#kind, 'it is cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** The signed number of 28 low and 36 high bits. */
function signed(low: number, high: number): number {
  const value = (high >= 2 ** 35 ? high - 2 ** 36 : high) * 2 ** 28 + low;
  return Number.isSafeInteger(value) ? value : value * Infinity;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(kind: string, problem: string): GraphError {
  return new GraphError(`not an ONNX model that is read here: ${problem} (${kind})`);
}
