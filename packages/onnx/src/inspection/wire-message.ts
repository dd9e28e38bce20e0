// The wire format of protobuf, as strictly as no general decoder reads it: a field that is not known, of another wire
// type or there twice could mean one thing here and another to ONNX Runtime, and then something else would have been
// inspected than what runs. Nothing recurses: a message inside a message is bytes until somebody reads them.
import { GraphError } from '../graph-error.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Bytes of a message, not copied: a view of each would cost more than what is read in it. */
export interface Stretch {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface Field {
  number: number;
  wire: number;
  /** A varint as a signed number, beyond 2^53 an infinity; everything else as bytes. */
  value: number | Stretch;
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
   * @throws GraphError for bytes that are not such message, or more than `maxFields` fields
   */
  constructor(
    bytes: Uint8Array | Stretch,
    kind: string,
    known: readonly number[],
    maxFields: number = MAX_FIELDS,
  ) {
    this.#kind = kind;
    const reader = new WireReader('start' in bytes ? bytes : wholeOf(bytes), kind);
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
    for (const field of this.#fields) if (field.number === number) return true;
    return false;
  }

  /** Whether there is a field beside these. */
  hasOther(numbers: readonly number[]): boolean {
    for (const { number } of this.#fields) if (!numbers.includes(number)) return true;
    return false;
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
        const reader = new WireReader(value as Stretch, this.#kind);
        while (!reader.done) add(reader.varint());
      } else throw this.#wrongWire(number, wire);
    }
    return found;
  }

  float(number: number): number | undefined {
    const bytes = this.#one(number, FIXED32) as Stretch | undefined;
    return bytes && viewOf(bytes).getFloat32(0, true);
  }

  /** The bytes of a list of numbers of fixed width, packed or not. */
  fixed(number: number, width: 4 | 8): Stretch[] {
    return this.#all(number).map(({ wire, value }) => {
      if (wire !== BYTES && wire !== (width === 4 ? FIXED32 : FIXED64)) throw this.#wrongWire(number, wire);
      return value as Stretch;
    });
  }

  bytes(number: number): Stretch | undefined {
    return this.#one(number, BYTES) as Stretch | undefined;
  }

  /** The messages, or texts as bytes, of a list. */
  list(number: number): Stretch[] {
    return this.#all(number).map(({ wire, value }) => {
      if (wire !== BYTES) throw this.#wrongWire(number, wire);
      return value as Stretch;
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

  #decode({ bytes, start, end }: Stretch, number: number): string {
    if (end - start > MAX_TEXT_BYTES) {
      throw malformed(this.#kind, `the text in field ${number} has more than ${MAX_TEXT_BYTES} bytes`);
    }
    // Nearly all are ASCII, for which it takes longer to call a decoder than this.
    const codes: number[] = [];
    for (let at = start; at < end && bytes[at]! < 128; at++) codes.push(bytes[at]!);
    if (codes.length === end - start) return String.fromCharCode.apply(null, codes);
    try {
      return UTF8.decode(bytes.subarray(start, end));
    } catch {
      throw malformed(this.#kind, `the text in field ${number} is not UTF-8`);
    }
  }
}

/** Numbers and stretches of bytes, one after the other. */
class WireReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #kind: string;
  #at: number;

  constructor({ bytes, start, end }: Stretch, kind: string) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#kind = kind;
  }

  get done(): boolean {
    return this.#at === this.#end;
  }

  /** Negative numbers come as 64 bits; numbers beyond 2^53 as infinities. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at === this.#end) break;
      const byte = this.#bytes[this.#at++]!;
      // Nearly all numbers here are small.
      if (shift === 0 && byte < 128) return byte;
      // 28 bits below, 36 above: each exact in a double.
      if (shift < 28) low += (byte & 127) * 2 ** shift;
      else high += (byte & 127) * 2 ** (shift - 28);
      if (byte < 128) return signed(low, high % 2 ** 36);
    }
    throw malformed(this.#kind, 'it is cut short, or a number in it has no end');
  }

  take(length: number): Stretch {
    const start = this.#at;
    const end = start + length;
    if (!(length >= 0 && end <= this.#end)) throw malformed(this.#kind, 'it is cut short');
    this.#at = end;
    return { bytes: this.#bytes, start, end };
  }
}

/** The signed number of 28 low and 36 high bits. */
function signed(low: number, high: number): number {
  const value = (high >= 2 ** 35 ? high - 2 ** 36 : high) * 2 ** 28 + low;
  return Number.isSafeInteger(value) ? value : value * Infinity;
}

function wholeOf(bytes: Uint8Array): Stretch {
  return { bytes, start: 0, end: bytes.length };
}

export function viewOf({ bytes, start, end }: Stretch): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
}

function malformed(kind: string, problem: string): GraphError {
  return new GraphError(`not an ONNX model that is read here: ${problem} (${kind})`);
}
