import { describe, expect, it, vi } from 'vitest';
import { LineSink, type LineSinkOptions } from './line-sink.js';

/** An output that takes what its script says: so many bytes of each write, an error code, or nothing at all for now. */
class Output {
  text = '';
  writes = 0;
  #script: (number | string)[] = [];
  #waiting: (() => void) | undefined;

  next(...script: (number | string)[]): void {
    this.#script.push(...script);
  }

  /** Lets a write that hangs go on. */
  go(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  readonly write: LineSinkOptions['write'] = (bytes, done) => {
    this.writes++;
    const step = this.#script.shift() ?? Number.POSITIVE_INFINITY;
    const take = (count: number): void => {
      const written = Math.min(count, bytes.length);
      this.text += Buffer.from(bytes.subarray(0, written)).toString();
      done(null, written);
    };
    if (typeof step === 'number') queueMicrotask(() => take(step));
    else if (step === 'hang') this.#waiting = () => take(Number.POSITIVE_INFINITY);
    else queueMicrotask(() => done(Object.assign(new Error(step), { code: step }), 0));
  };
}

function sinkOf(output: Output, options: Partial<LineSinkOptions> = {}): LineSink {
  const sink: LineSink = new LineSink({
    write: output.write,
    retryMs: 1,
    longestMs: 4,
    onDropped: (lines) => sink.write(`dropped ${lines}\n`),
    ...options,
  });
  return sink;
}
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');

describe('lines for an output', () => {
  it('that takes them come out whole and in order, several with one write', async () => {
    const output = new Output();
    output.next('hang');
    const sink = sinkOf(output);
    for (let i = 0; i < 1000; i++) sink.write(`line ${i}\n`);
    expect(output.writes).toBe(1);
    output.go();
    await sink.flush(60_000);
    expect(output.text).toBe(lines(0, 1000));
    expect(output.writes).toBe(2);
    expect(sink.dropped).toBe(0);
  });

  it('that takes parts of them, and fails in between, come out whole', async () => {
    const output = new Output();
    output.next(3, 'ENOSPC', 1, 'EIO', 'ENOSPC', 7, 0, 2);
    const sink = sinkOf(output);
    for (let i = 0; i < 50; i++) sink.write(`line ${i}\n`);
    await vi.waitFor(() => expect(output.text).toBe(lines(0, 50)));
  });

  it('that is stuck are kept up to a bound; then the number of those that were dropped is told in their place', async () => {
    const output = new Output();
    output.next('hang');
    const sink = sinkOf(output, { maxBytes: 700 });
    for (let i = 0; i < 10_000; i++) sink.write(`line ${i}\n`);
    const kept = 10_000 - sink.dropped;
    expect(kept).toBeGreaterThan(60);
    expect(kept).toBeLessThan(101);
    output.go();
    await sink.flush(60_000);
    sink.write('after\n');
    await sink.flush(60_000);
    expect(output.text).toBe(`${lines(0, kept)}dropped ${10_000 - kept}\nafter\n`);
    expect(sink.dropped).toBe(10_000 - kept);
  });

  it('that always fails are tried ever less often, and a flush does not wait for it', async () => {
    const output = new Output();
    output.next(...Array.from({ length: 30 }, () => 'ENOSPC'));
    const sink = sinkOf(output, { retryMs: 1000, longestMs: 8000 });
    vi.useFakeTimers();
    try {
      sink.write('line 0\n');
      await vi.advanceTimersByTimeAsync(1000 + 2000 + 4000 + 8000 + 8000);
      expect(output.writes).toBe(6);
    } finally {
      vi.useRealTimers();
    }
    await sink.flush(60_000);
    expect([output.writes, output.text]).toEqual([7, '']);
    expect(Buffer.from(sink.take()).toString()).toBe('line 0\n');
    expect(sink.take()).toHaveLength(0);
  });

  it('that hangs are given up by a flush when its time is over', async () => {
    const output = new Output();
    output.next('hang');
    const sink = sinkOf(output);
    sink.write('line 0\n');
    sink.write('line 1\n');
    await sink.flush(1);
    expect(output.text).toBe('');
    expect(Buffer.from(sink.take()).toString()).toBe('line 1\n');
  });
});
