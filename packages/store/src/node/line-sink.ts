/** Writes bytes, or some of them, and says how many; never throws. */
export type WriteBytes = (bytes: Uint8Array, done: (error: Error | null, written: number) => void) => void;

export interface LineSinkOptions {
  write: WriteBytes;
  /** Bytes that may wait. Default 4 MiB. */
  maxBytes?: number | undefined;
  /** Milliseconds until a write that failed is tried again, doubled up to `longestMs`. Default 100. */
  retryMs?: number | undefined;
  /** Default 5000. */
  longestMs?: number | undefined;
  /** Told how many lines were dropped as soon as there is room to say so: what it writes follows the last line before. */
  onDropped?: ((lines: number) => void) | undefined;
}

const MAX_BYTES = 4 * 2 ** 20;
const BATCH_BYTES = 64 * 2 ** 10;

/**
 * Lines for an output that may be full, slow, or read by nobody: `write` keeps them and returns at once. They go out one
 * batch after the other; what does not fit meanwhile is dropped and counted. A write that fails is tried again for as long
 * as the process lives, from the byte where it stopped.
 */
export class LineSink {
  readonly #options: LineSinkOptions;
  readonly #maxBytes: number;
  readonly #lines: Uint8Array[] = [];
  readonly #idle = new Set<() => void>();
  /** Of a batch that is being written, or whose writing failed. */
  #rest: Uint8Array | undefined;
  #bytes = 0;
  #writing = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #dropped = 0;
  #untold = 0;

  constructor(options: LineSinkOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** Lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line with its end. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > this.#maxBytes) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    this.#tell();
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
    this.#next();
  }

  /** Resolves when all is out, when what is left cannot be written, or after that time. */
  async flush(milliseconds: number): Promise<void> {
    if (this.#retry) {
      clearTimeout(this.#retry);
      this.#retry = undefined;
      this.#next();
    }
    if (!this.#writing) return;
    let wake: () => void = () => {};
    const idle = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const timer = setTimeout(wake, milliseconds);
    this.#idle.add(wake);
    await idle;
    clearTimeout(timer);
    this.#idle.delete(wake);
  }

  /** What has not been given to the output yet, for a process that ends now; it is no longer kept here. */
  take(): Uint8Array {
    const rest = this.#rest && !this.#writing ? [this.#rest] : [];
    if (rest.length > 0) this.#rest = undefined;
    return Buffer.concat([...rest, ...this.#lines.splice(0)]);
  }

  #tell(): void {
    const lines = this.#untold;
    if (lines === 0 || this.#bytes > this.#maxBytes / 2) return;
    this.#untold = 0;
    this.#options.onDropped?.(lines);
  }

  #next(): void {
    if (this.#writing || this.#retry) return;
    if (!this.#rest && this.#lines.length === 0) this.#tell();
    // What was told may have begun already.
    if (this.#writing) return;
    const batch = this.#rest ?? this.#batch();
    if (!batch) {
      for (const wake of this.#idle) wake();
      return;
    }
    this.#rest = batch;
    this.#writing = true;
    this.#options.write(batch, (error, written) => {
      this.#writing = false;
      this.#bytes -= written;
      this.#rest = written < batch.length ? batch.subarray(written) : undefined;
      if (error) this.#later();
      else this.#failures = 0;
      this.#next();
    });
  }

  #batch(): Uint8Array | undefined {
    let bytes = 0;
    let lines = 0;
    for (const line of this.#lines) {
      if (lines > 0 && bytes + line.length > BATCH_BYTES) break;
      bytes += line.length;
      lines++;
    }
    return lines === 0 ? undefined : Buffer.concat(this.#lines.splice(0, lines));
  }

  #later(): void {
    const { retryMs = 100, longestMs = 5000 } = this.#options;
    const wait = Math.min(longestMs, retryMs * 2 ** Math.min(this.#failures++, 16));
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#next();
    }, wait);
    // What cannot be written is no reason to live on.
    this.#retry.unref();
    for (const wake of this.#idle) wake();
  }
}
