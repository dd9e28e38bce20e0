import { MAX_IMAGES_PER_REQUEST, releaseBuffer } from '@cflow/spec';
import { ByteCollector } from '../body/byte-collector.js';
import { ProblemError } from '../problem.js';
import { Base64Text } from './base64-text.js';
import { JsonDataReader } from './json-data.js';
import { type JsonDocument, type LargeValues, TakenValues } from './json-document.js';
import { malformedJson, refusedJson } from './json-errors.js';
import { OpenPath } from './json-path.js';

export interface JsonLimits {
  /** Bytes of the document less its large values. */
  bytes: number;
  /** Arrays and objects within each other. */
  depth: number;
  /** Values and keys. */
  values: number;
  /** Bytes of a key. */
  keyBytes: number;
  /** Dimensions of an array of numbers, and texts in it. */
  data: { depth: number; texts: number };
}

/** Far more than any request needs, and little work for the checks that follow. */
export const JSON_LIMITS: JsonLimits = {
  bytes: 2 ** 20,
  depth: 32,
  values: 4096,
  keyBytes: 256,
  data: { depth: 8, texts: MAX_IMAGES_PER_REQUEST },
};

const [QUOTE, COMMA, COLON, BACKSLASH] = [34, 44, 58, 92] as const;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125] as const;

/**
 * Reads JSON while it arrives, in linear time and a few bytes of memory for each byte: what is beyond the limits is
 * refused before anything is made of it, and large values are taken out, decoded as they come. What is left is a small
 * text that JSON.parse reads, which also says whether the whole was JSON.
 */
export class JsonScanner {
  readonly #limits: JsonLimits;
  readonly #large: LargeValues;
  readonly #rest = new ByteCollector();
  readonly #path = new OpenPath();
  readonly #taken = new TakenValues();
  #text: Base64Text | undefined;
  #data: JsonDataReader | undefined;
  /** In a text that stays: whether it is a key, whether a backslash came just now, and the bytes of a key. */
  #string: { key: boolean; escaped: boolean; bytes: number[] } | undefined;
  #values = 0;

  constructor(large: LargeValues = {}, limits: JsonLimits = JSON_LIMITS) {
    this.#large = large;
    this.#limits = limits;
  }

  /** Takes the next bytes. Throws ProblemError `invalid-request` or `payload-too-large`. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#text) {
        at = this.#text.push(bytes, at);
        if (!this.#text.done) continue;
        this.#sign(this.#taken.addText(this.#text.take()));
        this.#text = undefined;
      } else if (this.#data) {
        at = this.#data.push(bytes, at);
        if (!this.#data.done) continue;
        this.#sign(this.#taken.addData(this.#data));
        this.#data = undefined;
      } else if (this.#string) this.#inString(this.#string, bytes[at++]!);
      else this.#structure(bytes[at++]!);
    }
  }

  /** The document. Throws ProblemError `invalid-request` when what came is not JSON. */
  end(): JsonDocument {
    if (this.#text || this.#data || this.#string) throw malformedJson();
    const bytes = this.#rest.take();
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (cause) {
      throw malformedJson(cause);
    } finally {
      releaseBuffer(bytes.buffer);
    }
    return this.#taken.document(text);
  }

  /** Gives back what it holds of a document that is refused. */
  discard(): void {
    this.#rest.discard();
    this.#text?.discard();
    this.#data?.discard();
    this.#taken.discard();
  }

  #structure(code: number): void {
    if (code === QUOTE) this.#beginText();
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#open(code);
    else {
      if (code === COMMA || code === COLON) this.#count();
      if (code === COMMA) this.#path.comma();
      else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) this.#path.close();
      this.#keep(code);
    }
  }

  #open(code: number): void {
    const { depth } = this.#limits;
    this.#count();
    if (code === OPEN_ARRAY && this.#path.isAt(this.#large.data ?? [])) {
      this.#data = new JsonDataReader(this.#limits.data);
      return;
    }
    if (this.#path.depth === depth) {
      throw refusedJson(
        `expected arrays and objects at most ${depth} deep within each other; send flatter JSON`,
      );
    }
    this.#path.open(code === OPEN_OBJECT);
    this.#keep(code);
  }

  #beginText(): void {
    const key = this.#path.expectsKey;
    if (!key && this.#path.isAt(this.#large.base64 ?? [])) {
      this.#text = new Base64Text();
      return;
    }
    this.#string = { key, escaped: false, bytes: [] };
    this.#keep(QUOTE);
  }

  #inString(string: { key: boolean; escaped: boolean; bytes: number[] }, code: number): void {
    this.#keep(code);
    if (code === QUOTE && !string.escaped) {
      this.#string = undefined;
      if (string.key) this.#path.key(nameOf(string.bytes));
      return;
    }
    string.escaped = code === BACKSLASH && !string.escaped;
    if (!string.key) return;
    if (string.bytes.length === this.#limits.keyBytes) {
      throw refusedJson(`expected keys of at most ${this.#limits.keyBytes} bytes`);
    }
    string.bytes.push(code);
  }

  #count(): void {
    if (this.#values++ < this.#limits.values) return;
    throw refusedJson(`expected JSON of at most ${this.#limits.values} values and keys; send less`);
  }

  #keep(code: number): void {
    if (this.#rest.length === this.#limits.bytes) {
      throw new ProblemError(
        'payload-too-large',
        `expected at most ${this.#limits.bytes} bytes of JSON beside images and tensors; send less`,
        { headers: { connection: 'close' } },
      );
    }
    this.#rest.addByte(code);
  }

  #sign(text: string): void {
    for (let i = 0; i < text.length; i++) this.#keep(text.charCodeAt(i));
  }
}

/**
 * The meaning of a key, any character of which may be escaped. Something that is not a key matches none of those that are
 * looked for.
 */
function nameOf(bytes: readonly number[]): string {
  const raw = String.fromCharCode(...bytes);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return '';
  }
}
