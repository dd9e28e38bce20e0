import { AbortedError } from '../../errors.js';
import { BundleError, DownloadError } from '../errors.js';
import { requestFailure } from './request-failure.js';

export interface DownloadOptions {
  headers: Readonly<Record<string, string>>;
  credentials: RequestCredentials;
  /** Bytes that the file has, where that is known; then a body that ends early is continued. */
  bytes?: number | undefined;
  /** Bytes at most. */
  limit: number;
  cache?: RequestCache;
  signal?: AbortSignal | undefined;
  /** Bytes that are there; falls back when a download has to start over. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Failures in a row, without a byte in between, before a download is given up. */
const MOST_FAILURES = 4;
/** A server that sends nothing for so long, in milliseconds, counts as gone. */
const IDLE = 30_000;
/** Longest wait that a server may ask for, in milliseconds. */
const LONGEST_WAIT = 30_000;

/**
 * Downloads a file. When the connection breaks, it goes on where it broke (`Range`), or from the start where the server
 * does not do that. What comes is for the caller to verify: of two versions a mixture may come.
 *
 * @throws DownloadError, BundleError when the file is longer than it may be, AbortedError
 */
export async function download(url: URL, options: DownloadOptions): Promise<Uint8Array> {
  const body = new Body(options);
  let wholeOnly = false;
  for (let failures = 0; ; ) {
    const before = body.length;
    const from: number = wholeOnly ? 0 : before;
    try {
      await fetchInto(body, url, from, options);
      return body.bytes();
    } catch (error) {
      if (options.signal?.aborted) throw aborted(options.signal);
      if (!(error instanceof Retry)) throw error;
      failures = body.length > Math.max(before, from) ? 1 : failures + 1;
      if (failures >= MOST_FAILURES) throw await error.failure();
      // A server, or what it allows other origins, may not know ranges: then a second try asks for the whole file.
      wholeOnly = from > 0 && body.length === before;
      await wait(error.after ?? 250 * 2 ** (failures - 1) * (0.75 + Math.random() / 2), options.signal);
    }
  }
}

/** A failure that may pass. */
class Retry {
  constructor(
    /** The error to throw when it does not pass. */
    readonly failure: () => Promise<Error> | Error,
    /** Milliseconds that the server asks to wait. */
    readonly after?: number,
  ) {}
}

async function fetchInto(body: Body, url: URL, from: number, options: DownloadOptions): Promise<void> {
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), IDLE);
  const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal;
  const broken = (cause: unknown): Retry =>
    new Retry(() => requestFailure(url, idle.signal.aborted ? 'timeout' : 'network', cause));
  try {
    const response = await fetch(url, {
      headers: { ...options.headers, ...(from > 0 && { range: `bytes=${from}-` }) },
      credentials: options.credentials,
      cache: options.cache ?? 'default',
      signal,
    }).catch((cause: unknown) => {
      throw broken(cause);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refused(url, response, from);
    }
    body.startAt(response.status === 206 ? from : 0);
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw broken(cause);
      });
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), IDLE);
      if (!body.append(value)) {
        await reader.cancel();
        throw new BundleError(
          `${url.pathname} is longer than the ${options.bytes ?? options.limit} bytes expected; get the bundle again`,
        );
      }
    }
    if (options.bytes !== undefined && body.length < options.bytes) {
      throw broken(new Error(`the body ended after ${body.length} of ${options.bytes} bytes`));
    }
  } finally {
    clearTimeout(timer);
  }
}

function refused(url: URL, { status, headers }: Response, from: number): Error | Retry {
  const address = url.origin + url.pathname;
  const failure = (what: string): DownloadError =>
    new DownloadError(`${address} answered ${status}: ${what}`, { url: address, reason: 'http', status });
  // What was there is longer than what is there now: from the start.
  if (status === 416 && from > 0) return new Retry(() => failure('the file has changed; load again'));
  if (status === 401 || status === 403) {
    return failure('give the API key, e.g. headers: { authorization: "Bearer …" }');
  }
  if (status === 404 || status === 410) return failure('there is no such file; check the address');
  if (status === 429 || status === 408 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    const after = seconds >= 0 ? Math.min(LONGEST_WAIT, seconds * 1000) : undefined;
    return new Retry(() => failure('the server cannot answer now; try again later'), after);
  }
  return failure('expected the file');
}

/** What has come of a file. Memory is taken for what came, not for what a stranger's manifest promises. */
class Body {
  #chunks: Uint8Array[] = [];
  #length = 0;
  readonly #limit: number;
  readonly #onBytes: (bytes: number) => void;

  constructor({ bytes, limit, onBytes = () => undefined }: DownloadOptions) {
    this.#limit = Math.min(bytes ?? limit, limit);
    this.#onBytes = onBytes;
  }

  get length(): number {
    return this.#length;
  }

  startAt(from: number): void {
    if (from === this.#length) return;
    this.#chunks = [];
    this.#length = 0;
    this.#onBytes(0);
  }

  /** False when it would be too long. */
  append(chunk: Uint8Array): boolean {
    if (this.#length + chunk.length > this.#limit) return false;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#onBytes(this.#length);
    return true;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    return all;
  }
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(aborted(signal as AbortSignal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function aborted({ reason }: AbortSignal): AbortedError {
  return new AbortedError('the download was aborted by its signal', { cause: reason });
}
