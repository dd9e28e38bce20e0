import { ByteCollector } from './byte-collector.js';

/**
 * All bytes of a stream in one piece.
 *
 * @param expected How many will come, if that is known and was admitted
 */
export async function collect(
  chunks: AsyncIterable<Uint8Array>,
  expected?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const collector = new ByteCollector(expected);
  try {
    for await (const chunk of chunks) collector.add(chunk);
    return collector.take();
  } catch (error) {
    // Of many bodies that are refused half-way, what is half there would add up.
    collector.discard();
    throw error;
  }
}
