import { releaseBuffer } from '@cflow/spec';
import type { JsonData, JsonDataReader } from './json-data.js';
import { malformedJson } from './json-errors.js';

/** Any element of an array, in a path. */
export const EACH: unique symbol = Symbol('each element');
/** Where a value stands in a document: keys of objects, and elements of arrays. */
export type JsonPath = readonly (string | typeof EACH)[];

/** Which values of a document are large, and are taken out of it while it is read. */
export interface LargeValues {
  /** Texts in base64. */
  base64?: readonly JsonPath[] | undefined;
  /** Arrays of numbers or of base64 texts. */
  data?: readonly JsonPath[] | undefined;
}

/** A JSON document less its large values: each stands in `value` as a sign that the other methods take. */
export interface JsonDocument {
  readonly value: unknown;
  /** What `value` was read from. */
  readonly text: string;
  /** The bytes of a base64 text, by the text at its place in `value`; undefined when that is not one. */
  bytesOf(sign: string): Uint8Array<ArrayBuffer> | undefined;
  /** What an array came to, by the array at its place in `value`. */
  dataOf(sign: readonly unknown[]): JsonData;
}

/** The values that were taken out of a document, in their order. */
export class TakenValues {
  readonly #texts: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  readonly #data: JsonData[] = [];

  /** The sign that takes the text's place. An empty text is still one. */
  addText(bytes: Uint8Array<ArrayBuffer> | undefined): string {
    if (bytes?.length === 0) return '""';
    return `"${this.#texts.push(bytes) - 1}"`;
  }

  /** The sign that takes the array's place. */
  addData(reader: JsonDataReader): string {
    return `[${this.#data.push(reader.take()) - 1}]`;
  }

  /** Gives back all of them, when the document is refused. */
  discard(): void {
    const data = this.#data.splice(0).flatMap(({ numbers, texts }) => [numbers, ...texts]);
    for (const bytes of [...this.#texts.splice(0), ...data]) if (bytes) releaseBuffer(bytes.buffer);
  }

  /** @param text The rest of the document */
  document(text: string): JsonDocument {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw malformedJson(cause);
    }
    return {
      value,
      text,
      bytesOf: (sign) => (sign === '' ? new Uint8Array(0) : this.#texts[Number(sign)]),
      dataOf: ([sign]) => this.#data[sign as number] as JsonData,
    };
  }
}
