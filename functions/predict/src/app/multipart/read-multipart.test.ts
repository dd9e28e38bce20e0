import fc from 'fast-check';

import { describe, expect, it, vi } from 'vitest';
import { collect } from '../body/collect.js';
import { ProblemError } from '../problem.js';
import { MOST_PART_HEADERS } from './multipart-scanner.js';
import { MOST_PARTS, readMultipart } from './read-multipart.js';

const BOUNDARY = 'x-boundary-7';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(body: Uint8Array, size = body.length || 1, type = TYPE) {
  const found: { name: string; filename: string | undefined; bytes: Uint8Array }[] = [];
  for await (const { name, filename, body: part } of readMultipart(type, cut(body, size))) {
    found.push({ name, filename, bytes: await collect(part) });
  }
  return found;
}

const part = (name: string, content: string, filename?: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ''}\r\n\r\n${content}\r\n`;
const END = `--${BOUNDARY}--\r\n`;

describe('readMultipart', () => {
  it("reads what the platform's own FormData writes, however it is cut", async () => {
    // Bytes that look like the beginning of a boundary are the interesting ones.
    const content = fc
      .array(fc.constantFrom(...bytesOf(`\r\n-${BOUNDARY}\0`)), { maxLength: 200 })
      .map((list) => Uint8Array.from(list));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z "]{1,8}$/), content), { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        async (parts, size) => {
          const form = new FormData();
          for (const [name, bytes] of parts) form.append(name, new Blob([bytes]), 'ä.png');
          const response = new Response(form);
          const body = new Uint8Array(await response.arrayBuffer());
          const found = await read(body, size, response.headers.get('content-type') as string);
          expect(found.map(({ name, bytes }) => [name, bytes])).toEqual(parts.map(([n, b]) => [n, b]));
          expect(found.every(({ filename }) => filename === 'ä.png')).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps content that holds all but the last byte of a boundary', async () => {
    const content = `\r\n--${BOUNDARY.slice(0, -1)}!\r\n--`;
    for (const size of [1, 2, 3, 7, 1000]) {
      const [found] = await read(bytesOf(part('a', content) + END), size);
      expect(new TextDecoder().decode(found?.bytes)).toBe(content);
    }
  });

  it('ignores what comes before the first and after the last boundary', async () => {
    const found = await read(bytesOf(`preamble\r\n${part('a', '1')}${END}epilogue`), 5);
    expect(found.map(({ name }) => name)).toEqual(['a']);
  });

  it('goes on after parts that nobody read, or not to their end', async () => {
    const names: string[] = [];
    const body = bytesOf(part('a', 'x'.repeat(500)) + part('b', 'y'.repeat(500)) + part('c', 'z') + END);
    for await (const { name, body: content } of readMultipart(TYPE, cut(body, 16))) {
      names.push(name);
      if (name === 'b') for await (const _ of content) break;
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['no boundary in the type', 'multipart/form-data', part('a', '1') + END],
    ['another boundary', 'multipart/form-data; boundary=other', part('a', '1') + END],
    ['an end that is missing', TYPE, part('a', '1')],
    ['an empty body', TYPE, ''],
    ['a part without a name', TYPE, `--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\n1\r\n${END}`],
    ['a part without headers', TYPE, `--${BOUNDARY}\r\n\r\n1\r\n${END}`],
    ['garbage after a boundary', TYPE, `--${BOUNDARY}garbage\r\n\r\n${END}`],
    ['headers without end', TYPE, `--${BOUNDARY}\r\nX: ${'y'.repeat(40_000)}`],
    ['headers that are too long', TYPE, part('a', '1', 'b'.repeat(MOST_PART_HEADERS)) + END],
    ['more headers than there are', TYPE, `--${BOUNDARY}\r\n${'X: y\r\n'.repeat(17)}\r\n1\r\n${END}`],
    ['a CR alone in headers', TYPE, part('a', '1', 'b\rc') + END],
    ['a boundary that is too long', `multipart/form-data; boundary=${'x'.repeat(71)}`, part('a', '1') + END],
    ['too many parts', TYPE, part('a', '1').repeat(600) + END],
  ])('refuses %s', async (_, type, body) => {
    const error = await read(bytesOf(body), 64, type).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ code: 'invalid-request', status: 400 });
  });

  it('never fails in another way, whatever comes', async () => {
    const pieces = fc.constantFrom(
      `--${BOUNDARY}`,
      '--',
      '\r\n',
      '\r',
      '\n',
      'Content-Disposition: form-data; name=',
      '"a"',
      ';',
      ' ',
      'x',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (list, size) => {
          const outcome = await read(bytesOf(list.join('')), size).catch((error: unknown) => error);
          expect(Array.isArray(outcome) || outcome instanceof ProblemError).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['\r', '\r\n', '\r\n--', `\r\n--${BOUNDARY.slice(0, -1)}`])(
    'looks for a boundary once at each byte of a form full of %j',
    async (piece) => {
      const body = bytesOf(part('a', piece.repeat(20_000)) + END);
      const indexOf = vi.spyOn(Uint8Array.prototype, 'indexOf');
      try {
        for (const size of [body.length, 16]) {
          indexOf.mockClear();
          await read(body, size);
          const passed = indexOf.mock.results.reduce((sum, { value }, call) => {
            const held = indexOf.mock.contexts[call] as Uint8Array;
            const from = Number(indexOf.mock.calls[call]?.[1] ?? 0);
            return sum + Math.max((value as number) < 0 ? held.length - from : (value as number) - from, 0);
          }, 0);
          expect(passed).toBeLessThan(4 * body.length);
        }
      } finally {
        indexOf.mockRestore();
      }
    },
  );

  it('copies what arrives byte by byte a few times at most, however long the headers are', async () => {
    const body = bytesOf(part('a', '1', 'b'.repeat(MOST_PART_HEADERS - 100)) + END);
    const set = vi.spyOn(Uint8Array.prototype, 'set');
    try {
      await read(body, 1);
      const copied = set.mock.calls.reduce((sum, [from]) => sum + from.length, 0);
      expect(copied).toBeLessThan(8 * body.length);
    } finally {
      set.mockRestore();
    }
  });

  it('takes as many parts as a form may have', async () => {
    expect(await read(bytesOf(part('a', '1').repeat(MOST_PARTS) + END))).toHaveLength(MOST_PARTS);
  });
});
