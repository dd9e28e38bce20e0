import { releaseBuffer } from '@cflow/spec';
import { ByteCollector } from '../body/byte-collector.js';
import { Base64Text } from './base64-text.js';
import { malformedJson, refusedJson } from './json-errors.js';

/** What an array of numbers or texts came to; its elements never were in memory one by one. */
export interface JsonData {
  /** Lengths of the arrays by depth, when all of one depth have the same and all elements are at the same depth. */
  readonly shape: readonly number[] | undefined;
  /** Elements in all, at any depth. */
  readonly count: number;
  /** The numbers, each from 0 to 255; undefined when there are texts. */
  readonly numbers: Uint8Array<ArrayBuffer> | undefined;
  /** The bytes of each text, undefined for what is not base64. Empty when there are numbers. */
  readonly texts: readonly (Uint8Array<ArrayBuffer> | undefined)[];
}

export interface JsonDataLimits {
  depth: number;
  texts: number;
}

const [BLANK, QUOTE, COMMA, MINUS, POINT, ZERO, NINE, OPEN, CLOSE] = [
  32, 34, 44, 45, 46, 48, 57, 91, 93,
] as const;
/** As JSON has them (RFC 8259, section 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** More than any number needs that is meant to be one. */
const LONGEST_NUMBER = 64;

/**
 * A JSON array of numbers or of base64 texts, flat or nested, read while it arrives: numbers become one byte each, texts
 * what they encode. Begins after the opening bracket.
 */
export class JsonDataReader {
  readonly #limits: JsonDataLimits;
  readonly #numbers = new ByteCollector();
  readonly #texts: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  /** Elements so far of each array that is open. */
  readonly #open: number[] = [0];
  readonly #shape: number[] = [];
  #text: Base64Text | undefined;
  /** A number that is not done. */
  #number = '';
  /** Whether a comma or a bracket has to come before another element. */
  #after = false;
  #uniform = true;
  #elementDepth: number | undefined;
  #count = 0;

  /** Whether the closing bracket has come. */
  done = false;

  constructor(limits: JsonDataLimits) {
    this.#limits = limits;
  }

  /** Takes bytes of the array. The place after its closing bracket, or `bytes.length` when that is still to come. */
  push(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && !this.done) {
      if (this.#text) {
        at = this.#text.push(bytes, at);
        if (this.#text.done) this.#endText();
        continue;
      }
      if (this.#number === '') {
        while (isBlank(bytes[at]!)) at++;
        at = this.#plainNumbers(bytes, at);
      } else at = this.#restOfNumber(bytes, at);
      if (at < bytes.length) this.#byte(bytes[at++]!);
    }
    return at;
  }

  take(): JsonData {
    const numbers = this.#texts.length === 0 ? this.#numbers.take() : undefined;
    const uniform = this.#uniform && (this.#elementDepth ?? this.#shape.length) === this.#shape.length;
    const shape = uniform ? this.#shape : undefined;
    return { shape, count: this.#count, numbers, texts: this.#texts };
  }

  /** Gives back what it holds of an array that is refused. */
  discard(): void {
    this.#numbers.discard();
    this.#text?.discard();
    for (const text of this.#texts.splice(0)) if (text) releaseBuffer(text.buffer);
  }

  /** Small numbers with commas between, which is nearly all there is. The place of the first that may be something else. */
  #plainNumbers(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#after) return at;
    let elements = 0;
    let room = this.#numbers.room();
    let to = 0;
    while (at < bytes.length) {
      let next = at;
      let value = 0;
      let code = bytes[next]!;
      for (; code >= ZERO && code <= NINE && next - at < 3; code = bytes[++next]!) {
        value = 10 * value + code - ZERO;
      }
      const digits = next - at;
      if (code === POINT && bytes[next + 1] === ZERO) {
        for (next += 2; bytes[next] === ZERO; next++);
        code = bytes[next]!;
      }
      const leading = digits > 1 && bytes[at] === ZERO;
      if (digits === 0 || leading || code !== COMMA || value > 255) break;
      if (to === room.length) {
        this.#numbers.advance(to);
        room = this.#numbers.room();
        to = 0;
      }
      room[to++] = value;
      elements++;
      at = bytes[next + 1] === BLANK ? next + 2 : next + 1;
    }
    this.#numbers.advance(to);
    if (elements > 0) this.#elements(elements);
    return at;
  }

  /** What still belongs to a number. The place of what comes after. */
  #restOfNumber(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isOfNumber(bytes[at]!)) at++;
    if (this.#number.length + at - from > LONGEST_NUMBER) throw refusedJson('a number in "data" is too long');
    for (let i = from; i < at; i++) this.#number += String.fromCharCode(bytes[i]!);
    return at;
  }

  #byte(code: number): void {
    if (this.#number !== '') this.#endNumber();
    if (isBlank(code)) return;
    if (code === COMMA && this.#after) this.#after = false;
    else if (code === CLOSE && (this.#after || this.#open.at(-1) === 0)) this.#close();
    else if (this.#after) throw malformedJson();
    else if (code === OPEN) this.#descend();
    else if (code === QUOTE) this.#beginText();
    else if (code === MINUS || (code >= ZERO && code <= NINE)) this.#number = String.fromCharCode(code);
    else throw refusedJson('expected "data" to be an array of numbers or of texts');
  }

  #beginText(): void {
    if (this.#texts.length >= this.#limits.texts) {
      throw refusedJson(`expected at most ${this.#limits.texts} texts in "data"`);
    }
    this.#text = new Base64Text();
  }

  #endText(): void {
    this.#texts.push(this.#text?.take());
    this.#text = undefined;
    this.#elements(1);
    this.#after = true;
  }

  #endNumber(): void {
    if (!NUMBER.test(this.#number)) throw malformedJson();
    const value = Number(this.#number);
    this.#number = '';
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw refusedJson('expected every number in "data" to be a whole number from 0 to 255 (UINT8)');
    }
    this.#numbers.addByte(value);
    this.#elements(1);
    this.#after = true;
  }

  #elements(count: number): void {
    this.#elementDepth ??= this.#open.length;
    if (this.#elementDepth !== this.#open.length) this.#uniform = false;
    this.#open[this.#open.length - 1] = (this.#open.at(-1) as number) + count;
    this.#count += count;
  }

  #descend(): void {
    if (this.#open.length === this.#limits.depth) {
      throw refusedJson(`expected "data" of at most ${this.#limits.depth} dimensions`);
    }
    if (this.#elementDepth === this.#open.length) this.#uniform = false;
    this.#open.push(0);
  }

  #close(): void {
    const length = this.#open.pop() as number;
    const depth = this.#open.length;
    // Where arrays are, there is no element, and where elements are, no array; an empty one could be either.
    this.#shape[depth] ??= length;
    if (this.#shape[depth] !== length) this.#uniform = false;
    if (depth === 0) this.done = true;
    else this.#open[depth - 1] = (this.#open.at(-1) as number) + 1;
    this.#after = true;
  }
}

/** Digits, signs, points and exponents. */
function isOfNumber(code: number): boolean {
  return (
    (code >= ZERO && code <= NINE) || code === POINT || code === MINUS || code === 43 || (code | 32) === 101
  );
}

function isBlank(code: number): boolean {
  return code === BLANK || code === 10 || code === 13 || code === 9;
}
