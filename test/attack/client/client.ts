import { Agent, type IncomingMessage, request } from 'node:http';
import { canaryIn } from './canary.js';

export interface Answer {
  /** 0 where the connection ended without one, or none came in time. */
  status: number;
  /** The first 64 kB. */
  text: string;
  /** Of the body. */
  bytes: number;
  headers: IncomingMessage['headers'];
  ms: number;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string | readonly (Uint8Array | string)[];
  /** Milliseconds until the client gives up. Default a minute. */
  patienceMs?: number;
  /** A connection of its own, closed afterwards. */
  alone?: boolean;
}

const TEXT_BYTES = 65_536;
/** Of an answer that says what is wrong. */
const MOST_PROBLEM_BYTES = 8192;
const PATIENCE_MS = 60_000;

/** Asks a service, and keeps count of what it answers. */
export class Client {
  readonly statuses: Map<number, number> = new Map();
  readonly faults: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #url: URL;
  readonly #secrets: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;

  /** @param secrets texts of the server that no answer may hold, such as the path of its store */
  constructor(url: string, secrets: readonly string[] = [], headers: Readonly<Record<string, string>> = {}) {
    this.#url = new URL(url);
    this.#secrets = secrets;
    this.#headers = headers;
  }

  async ask(
    path: string,
    { method, headers, body, patienceMs = PATIENCE_MS, alone }: Ask = {},
  ): Promise<Answer> {
    const pieces = body === undefined ? [] : Array.isArray(body) ? body : [body as Uint8Array | string];
    const length = pieces.reduce((sum, each) => sum + Buffer.byteLength(each as string), 0);
    const began = performance.now();
    const answer = await new Promise<Omit<Answer, 'ms'>>((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let answering = false;
      const outgoing = request(
        {
          hostname: this.#url.hostname,
          port: this.#url.port,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          agent: alone ? false : this.#agent,
          headers: {
            ...this.#headers,
            ...(body !== undefined && { 'content-length': String(length) }),
            ...headers,
          },
        },
        (incoming) => {
          answering = true;
          // An answer that breaks off is one all the same.
          incoming.on('error', () => {});
          incoming.on('data', (chunk: Buffer) => {
            if (bytes < TEXT_BYTES) chunks.push(chunk);
            bytes += chunk.length;
          });
          incoming.once('close', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              text: Buffer.concat(chunks).subarray(0, TEXT_BYTES).toString('utf8'),
              bytes,
              headers: incoming.headers,
            }),
          );
        },
      );
      const none = (): void => {
        if (!answering) resolve({ status: 0, text: '', bytes: 0, headers: {} });
      };
      outgoing.on('error', none);
      outgoing.once('close', none);
      setTimeout(() => outgoing.destroy(), patienceMs).unref();
      for (const piece of pieces) outgoing.write(piece);
      outgoing.end();
    });
    const whole = { ...answer, ms: performance.now() - began };
    this.note(whole, `${method ?? 'GET or POST'} ${path.slice(0, 100)}`);
    return whole;
  }

  address(path: string): string {
    return new URL(path, this.#url).href;
  }

  json(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  predict(png: Uint8Array, detector = 'wood'): Promise<Answer> {
    return this.ask(`/v1/detectors/${detector}/predict`, {
      body: png,
      headers: { 'content-type': 'image/png' },
    });
  }

  form(
    path: string,
    files: Iterable<readonly [field: string, file: string, bytes: Uint8Array]>,
  ): Promise<Answer> {
    const boundary = 'attack-boundary';
    const pieces: (Uint8Array | string)[] = [];
    for (const [field, file, bytes] of files) {
      const disposition = `form-data; name="${field}"${file && `; filename="${file}"`}`;
      pieces.push(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`, bytes, '\r\n');
    }
    pieces.push(`--${boundary}--\r\n`);
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    return this.ask(path, { body: pieces, headers });
  }

  /** Counts an answer that came another way, and looks at it. */
  note({ status, text, bytes }: Pick<Answer, 'status' | 'text' | 'bytes'>, what: string): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status >= 500 && status !== 503 && status !== 504) {
      this.faults.push(`${status} to ${what}: ${text.slice(0, 200)}`);
    }
    if (status < 400) return;
    if (bytes > MOST_PROBLEM_BYTES) this.faults.push(`${bytes} bytes say what is wrong with ${what}`);
    for (const secret of this.#secrets) {
      if (text.includes(secret)) this.faults.push(`the answer to ${what} holds ${JSON.stringify(secret)}`);
    }
    const canary = canaryIn(text);
    if (canary)
      this.faults.push(`the answer to ${what} holds ${canary} of the canary: ${text.slice(0, 300)}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}
