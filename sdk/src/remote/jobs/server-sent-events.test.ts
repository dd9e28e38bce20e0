import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverSentEvents } from './server-sent-events.js';

async function read(chunks: readonly Uint8Array[]): Promise<{ data: string[]; retries: number[] }> {
  const retries: number[] = [];
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const data: string[] = [];
  for await (const event of serverSentEvents(stream(), (retry) => retries.push(retry))) data.push(event.data);
  return { data, retries };
}

const text = (value: string): Uint8Array[] => [new TextEncoder().encode(value)];

describe('serverSentEvents', () => {
  it('reads fields, comments, several lines of data and every kind of line end', async () => {
    expect(
      await read(
        text(
          '\uFEFFretry: 20\n\n: still here\r\n\r\nid: 1\rdata: a\rdata:b\r\revent: x\n\ndata: \u2028c\n\nretry: no\n\n',
        ),
      ),
    ).toEqual({ data: ['a\nb', '\u2028c'], retries: [20] });
  });

  it('drops an event that is not whole', async () => {
    expect((await read(text('data: 1\n\ndata: 2\n'))).data).toEqual(['1']);
  });

  it('reads the same however the bytes are cut', async () => {
    const bytes = text(
      'data: ä1\r\n\r\ndata: {"b": 2}\n\n: x\r\rdata: 3\r\ndata: 4\r\n\r\n',
    )[0] as Uint8Array;
    const whole = await read([bytes]);
    expect(whole.data).toEqual(['ä1', '{"b": 2}', '3\n4']);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(await read(chunks)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('does not collect a line without end', async () => {
    const chunk = new Uint8Array(2 ** 20).fill(97);
    await expect(read(Array(5).fill(chunk))).rejects.toMatchObject({ name: 'ProtocolError' });
  });
});
