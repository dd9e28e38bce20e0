import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from './read-events.js';

const TEXT =
  ': hello\n\nid: 1\nevent: status\ndata: {"a":1}\n\ndata:two\r\ndata: lines é\r\n\r\nid: 7\rdata\r\r: beat\n\nevent: lost\ndata: no end';

const EVENTS: ServerEvent[] = [
  { id: '1', type: 'status', data: '{"a":1}' },
  { id: '1', type: 'message', data: 'two\nlines é' },
  { id: '7', type: 'message', data: '' },
];

async function read(chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const found: ServerEvent[] = [];
  for await (const event of readEvents(
    (async function* () {
      yield* chunks;
    })(),
  ))
    found.push(event);
  return found;
}

describe('readEvents', () => {
  it('reads the same wherever the stream is cut, and leaves out what has no end', async () => {
    const bytes = new TextEncoder().encode(TEXT);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.slice(places[i]!, end));
        expect(await read(chunks)).toEqual(EVENTS);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a line without end', async () => {
    const chunk = new Uint8Array(1_000_000).fill(97);
    await expect(read([chunk, chunk, chunk, chunk, chunk])).rejects.toThrow('too long');
  });
});
