import { ByteCollector } from '../body/byte-collector.js';
import { base64Value } from './base64.js';

const QUOTE = 34;
const BACKSLASH = 92;
const PAD = 61;
const SLASH = 47;
const LOWER_U = 117;
const [COMMA, BLANK] = [44, 32] as const;
/** What `\n`, `\r` and `\t` end in, and the characters that they are. */
const LINE_ENDS: ReadonlyMap<number, number> = new Map([
  [110, 10],
  [114, 13],
  [116, 9],
]);
/** What a data URI begins with (RFC 2397). The colon is in no base64. */
const SCHEME = 'data:';
/** Characters before the comma of a data URI: a media type with parameters. */
const LONGEST_PREFIX = 200;
/** Digits of `\uXXXX`. */
const UNICODE_DIGITS = 4;

/**
 * A JSON string that holds base64, decoded while it arrives: the text is never there as a whole. Begins after the opening
 * quote. Taken is what writers make: either alphabet (RFC 4648, sections 4 and 5), padded or not, in lines, and as a
 * `data:` URI.
 */
export class Base64Text {
  readonly #bytes = new ByteCollector();
  /** Bits that are not yet a whole byte, and how many. */
  #held = 0;
  #bits = 0;
  #characters = 0;
  #padding = 0;
  #valid = true;
  /** In an escape: the next character decides its kind, or this many digits are still to come. */
  #escape: 'begins' | number | undefined;
  /** The digits so far. */
  #unicode = 0;
  /** The text so far, as long as it may be the beginning of a data URI. */
  #prefix: string | undefined = '';

  /** Whether the closing quote has come. */
  done = false;

  /** Takes bytes of the text. The place after the closing quote, or `bytes.length` when that is still to come. */
  push(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#escape === undefined) {
        at = this.#groups(bytes, at);
        if (at === bytes.length) break;
      }
      const code = bytes[at++]!;
      if (this.#escape !== undefined) this.#inEscape(code, this.#escape);
      else if (code === QUOTE) {
        this.done = true;
        break;
      } else if (code === BACKSLASH) this.#escape = 'begins';
      // JSON has no characters below this in a text.
      else if (code < BLANK) this.#valid = false;
      else this.#character(code);
    }
    return at;
  }

  /** The bytes that the text stands for; undefined when it is not base64. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    this.#noDataUri();
    const padded = this.#padding === 0 || (this.#characters + this.#padding) % 4 === 0;
    // Bits that belong to no byte must be zero, so that there is one text for each sequence of bytes.
    const rest = this.#bits < 6 && (this.#held & ((1 << this.#bits) - 1)) === 0;
    if (this.#valid && padded && rest) return this.#bytes.take();
    this.discard();
    return undefined;
  }

  /** Gives back what it holds of a text that is refused. */
  discard(): void {
    this.#bytes.discard();
  }

  /** Four characters, three bytes, as long as that is all there is. The place of the first that is something else. */
  #groups(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#prefix !== undefined || this.#bits !== 0 || this.#padding > 0 || !this.#valid) return at;
    while (at + 4 <= bytes.length) {
      const room = this.#bytes.room();
      const most = Math.min(at + 4 * Math.floor(room.length / 3), bytes.length - 3);
      let to = 0;
      let last = at;
      for (; last < most; last += 4) {
        const group =
          (base64Value(bytes[last]!) << 18) |
          (base64Value(bytes[last + 1]!) << 12) |
          (base64Value(bytes[last + 2]!) << 6) |
          base64Value(bytes[last + 3]!);
        if (group < 0) break;
        room[to] = group >> 16;
        room[to + 1] = group >> 8;
        room[to + 2] = group;
        to += 3;
      }
      this.#bytes.advance(to);
      this.#characters += last - at;
      // Of a piece that has room for less than a group, or before something that is not a group, the rest goes one by one.
      if (last === at) break;
      at = last;
    }
    return at;
  }

  #character(code: number): void {
    if (this.#prefix === undefined) this.#ofBase64(code);
    else this.#ofPrefix(code, this.#prefix);
  }

  #ofPrefix(code: number, before: string): void {
    if (before === '' && isBlank(code)) return;
    const prefix = before + String.fromCharCode(code);
    if (before.length >= SCHEME.length) {
      if (code !== COMMA) {
        this.#prefix = prefix;
        if (prefix.length > LONGEST_PREFIX) this.#endPrefix(false);
      } else this.#endPrefix(/;base64$/i.test(before));
    } else if (SCHEME.startsWith(prefix.toLowerCase())) this.#prefix = prefix;
    else {
      this.#noDataUri();
      this.#ofBase64(code);
    }
  }

  #endPrefix(valid: boolean): void {
    this.#prefix = undefined;
    this.#valid &&= valid;
  }

  /** What looked like the beginning of a data URI was base64. */
  #noDataUri(): void {
    const text = this.#prefix ?? '';
    this.#prefix = undefined;
    for (let i = 0; i < text.length; i++) this.#ofBase64(text.charCodeAt(i));
  }

  #ofBase64(code: number): void {
    if (isBlank(code)) return;
    const value = base64Value(code);
    if (code === PAD) {
      this.#padding++;
      if (this.#padding > 2) this.#valid = false;
    } else if (value < 0 || this.#padding > 0) this.#valid = false;
    if (!this.#valid || code === PAD) return;
    this.#characters++;
    this.#held = ((this.#held << 6) | value) & 0xfff;
    this.#bits += 6;
    if (this.#bits < 8) return;
    this.#bits -= 8;
    this.#bytes.addByte(this.#held >> this.#bits);
  }

  // `\/` and `\u002b` are characters of base64 in the spelling of some writers.
  #inEscape(code: number, state: 'begins' | number): void {
    if (state === 'begins') {
      const unicode = code === LOWER_U;
      this.#escape = unicode ? UNICODE_DIGITS : undefined;
      this.#unicode = 0;
      const lineEnd = LINE_ENDS.get(code);
      if (code === SLASH) this.#character(code);
      else if (lineEnd !== undefined) this.#character(lineEnd);
      else if (!unicode) this.#valid = false;
      return;
    }
    const digit = hexValue(code);
    if (digit < 0) this.#valid = false;
    this.#unicode = 16 * this.#unicode + digit;
    this.#escape = state === 1 ? undefined : state - 1;
    if (this.#escape !== undefined) return;
    if (this.#unicode < 128) this.#character(this.#unicode);
    else this.#valid = false;
  }
}

/** A blank, a tabulator, or the end of a line: nothing in base64. */
function isBlank(code: number): boolean {
  return code === BLANK || code === 10 || code === 13 || code === 9;
}

/** What a hexadecimal digit stands for, by its code; -1 for none. */
function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
