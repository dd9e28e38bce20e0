/** What goes into the inflater at a time: with zlib's most, 1032 to 1, no more than 17 MB come out at once. */
const SLICE = 2 ** 14;

/**
 * Inflates zlib data, piece by piece, for as long as `take` wants more. Rejects with a plain Error when the data are
 * damaged or end before `take` has had enough.
 */
export async function inflate(
  parts: readonly Uint8Array[],
  take: (bytes: Uint8Array) => { enough: boolean },
): Promise<void> {
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  const reader: ReadableStreamDefaultReader<Uint8Array> = readable.getReader();
  // Both ends report the same failure; it is thrown by the one that is read from.
  const feeding = feed(writer, parts).catch(() => undefined);
  writer.closed.catch(() => undefined);
  reader.closed.catch(() => undefined);
  let enough = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (enough) return;
      enough = take(value).enough;
    }
    if (!enough) throw new Error('its pixels end too early');
  } finally {
    await Promise.allSettled([reader.cancel(), writer.abort(), feeding]);
  }
}

async function feed(writer: WritableStreamDefaultWriter, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE) {
      await writer.ready;
      await writer.write(part.subarray(at, at + SLICE));
    }
  }
  await writer.close();
}
