/** Files with this in them lie where the service can read them. No answer may hold it, nor a number that its bytes are. */
export const CANARY = 'CNRYCNRYCNRYCNRYCNRYCNRYCNRYCNRY';

/** Significant digits are what a float32 keeps of them. */
const TOLERANCE = 1e-5;

/** What is in a text of the canary: its letters, or one of its numbers; undefined where nothing is. */
export function canaryIn(text: string): string | undefined {
  if (text.includes(CANARY.slice(0, 8))) return CANARY.slice(0, 8);
  // Ids of requests are hexadecimal: of thousands of them some have digits that could be a number of it.
  for (const [written] of text.matchAll(/(?<![\w-])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-])/gi)) {
    const value = Number(written);
    // Shorter numbers are sizes and versions.
    if (value > 9999 && NUMBERS.some((each) => Math.abs(value - each) <= TOLERANCE * each)) return written;
  }
  return undefined;
}

const NUMBERS: readonly number[] = numbersOf(Buffer.from(CANARY));

/** As which numbers a runtime may read the bytes, from each place on: the text repeats itself after four. */
function numbersOf(bytes: Buffer): number[] {
  return [0, 1, 2, 3].flatMap((at) => [
    bytes.readFloatLE(at),
    bytes.readInt32LE(at),
    bytes.readUIntLE(at, 3),
    bytes.readUIntBE(at, 3),
    bytes.readUInt16LE(at),
    bytes.readDoubleLE(at),
    Number(bytes.readBigInt64LE(at)),
  ]);
}
