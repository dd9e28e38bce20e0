import { WeightsError } from '@cflow/spec';
import type { ByteBuffer } from 'flatbuffers';

const MAX_TEXT = 10_000;
const MAX_INTEGERS = 1000;

/**
 * One table of a flatbuffer, read by field number (its place in the schema). The library's ByteBuffer answers reads
 * beyond its end with zeros; here every access is checked, so that a damaged file is an error.
 */
export class FlatbufferTable {
  readonly #buffer: ByteBuffer;
  readonly #position: number;

  constructor(buffer: ByteBuffer, position: number) {
    this.#buffer = buffer;
    this.#position = this.#checked(position, 4);
    const vtable = this.#checked(position - buffer.readInt32(position), 4);
    this.#checked(vtable, Math.max(4, buffer.readUint16(vtable)));
  }

  static root(buffer: ByteBuffer): FlatbufferTable {
    if (buffer.capacity() < 8) throw damaged();
    return new FlatbufferTable(buffer, buffer.readUint32(0));
  }

  int8(field: number, absent: number): number {
    const at = this.#field(field, 1);
    return at === 0 ? absent : this.#buffer.readInt8(at);
  }

  uint8(field: number, absent: number): number {
    const at = this.#field(field, 1);
    return at === 0 ? absent : this.#buffer.readUint8(at);
  }

  int32(field: number, absent: number): number {
    const at = this.#field(field, 4);
    return at === 0 ? absent : this.#buffer.readInt32(at);
  }

  uint32(field: number, absent: number): number {
    const at = this.#field(field, 4);
    return at === 0 ? absent : this.#buffer.readUint32(at);
  }

  /** A text; '' when absent. The limit keeps many fields that point to one long text from filling the memory. */
  text(field: number): string {
    const bytes = this.bytes(field);
    if (bytes.length > MAX_TEXT) throw damaged();
    return new TextDecoder().decode(bytes);
  }

  /** A vector of bytes, in place; empty when absent. */
  bytes(field: number): Uint8Array {
    const { start, length } = this.#vector(field, 1);
    return this.#buffer.bytes().subarray(start, start + length);
  }

  /** A vector of int32, a shape or a list of operands; empty when absent. */
  int32s(field: number): number[] {
    const { start, length } = this.#vector(field, 4);
    if (length > MAX_INTEGERS) throw damaged();
    return Array.from({ length }, (_, i) => this.#buffer.readInt32(start + 4 * i));
  }

  /** A table, or a union's member; undefined when absent. */
  table(field: number): FlatbufferTable | undefined {
    const at = this.#field(field, 4);
    return at === 0 ? undefined : new FlatbufferTable(this.#buffer, at + this.#buffer.readUint32(at));
  }

  /** A vector of tables; empty when absent. */
  tables(field: number): FlatbufferTable[] {
    const { start, length } = this.#vector(field, 4);
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i;
      return new FlatbufferTable(this.#buffer, at + this.#buffer.readUint32(at));
    });
  }

  #field(field: number, size: number): number {
    const offset = this.#buffer.__offset(this.#position, 4 + 2 * field);
    return offset === 0 ? 0 : this.#checked(this.#position + offset, size);
  }

  #vector(field: number, elementSize: number): { start: number; length: number } {
    const at = this.#field(field, 4);
    if (at === 0) return { start: 0, length: 0 };
    const vector = this.#checked(at + this.#buffer.readUint32(at), 4);
    const length = this.#buffer.readUint32(vector);
    return { start: this.#checked(vector + 4, length * elementSize), length };
  }

  #checked(position: number, size: number): number {
    if (position < 0 || position + size > this.#buffer.capacity()) throw damaged();
    return position;
  }
}

function damaged(): WeightsError {
  return new WeightsError(
    'the flatbuffer points outside of itself or holds an absurd length: the file is damaged or cut short',
  );
}
