const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NONE = -1;
const VALUES: Int8Array = new Int8Array(256).fill(NONE);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;
// The alphabet for addresses and file names (RFC 4648, section 5) differs in two characters.
VALUES['-'.charCodeAt(0)] = VALUES['+'.charCodeAt(0)]!;
VALUES['_'.charCodeAt(0)] = VALUES['/'.charCodeAt(0)]!;

/** What a character of base64 stands for in either alphabet, by its code from 0 to 255: 0 to 63, or -1 for none. */
export function base64Value(code: number): number {
  return VALUES[code]!;
}

/**
 * The bytes of base64 text (RFC 4648, sections 4 and 5), with or without padding; undefined when it is something else. `atob`
 * would take several times the memory for an image.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let length = text.length;
  if (length % 4 === 0 && text.endsWith('=')) length -= text.endsWith('==') ? 2 : 1;
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let place = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? base64Value(code) : NONE;
    if (value === NONE) return undefined;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[place++] = held >> bits;
  }
  // Bits that belong to no byte must be zero, so that there is one text for each sequence of bytes.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
