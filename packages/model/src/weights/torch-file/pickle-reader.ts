import { WeightsError } from '@cflow/spec';

/** Walks over the bytes of a pickle; never past their end. */
export class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.#bytes.length) throw damaged('it ends in the middle of a value');
    const taken = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Of 64 bits: beyond 2^53 no file is that long. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('a length is larger than any file');
    return Number(value);
  }

  /** Big-endian, as pickle alone has it. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A signed integer of so many bytes, the lowest first. */
  long(length: number): number | bigint {
    const bytes = this.take(length);
    let value = 0n;
    for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
    if (length > 0 && bytes[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.take(length));
    } catch (cause) {
      if (WeightsError.isInstance(cause)) throw cause;
      throw damaged('a text is not UTF-8');
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.offset);
    if (end < 0) throw damaged('a name does not end');
    const text = this.text(end - this.offset);
    this.offset = end + 1;
    return text;
  }

  #advance(length: number): number {
    const at = this.offset;
    this.take(length);
    return at;
  }
}

export function damaged(problem: string): WeightsError {
  return new WeightsError(`the pickle in the file is damaged: ${problem}; get the file again`);
}
