import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Frame, Source } from '../frame.js';
import { type Listening, listen } from '../listen.js';
import type { Result } from '../result.js';
import { WaitingFrames } from './waiting-frames.js';

export interface PostedSourceOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Bearer token that posts must bring. Undefined: anyone who can reach the port may post. */
  key?: string | undefined;
  /** Number of the last frame before. */
  lastNumber: number;
  /** Bytes of an image at most. Default 64 MiB. */
  maxBytes?: number | undefined;
  /** Images that may be on their way at a time, those included that still arrive. Default 8. */
  waiting?: number | undefined;
}

const MAX_BYTES = 64 * 2 ** 20;
const WAITING = 8;
const HEAD_MS = 5000;
const BODY_MS = 30_000;
const LONGEST_NAME = 200;

/** What is wrong with a post, as it is answered. */
class PostRefused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Images that other programs post: `POST /images`, an image file as the body, its name in `X-Frame-Name`. The answer is the
 * result, once it is accepted: a caller that gets no answer has to post again. Images beyond those that may be on their way
 * are refused with 429, and counted as dropped. Pages of a browser may not post.
 */
export class PostedSource implements Source {
  readonly name: string;
  readonly url: string;
  readonly #options: PostedSourceOptions;
  readonly #listening: Listening;
  readonly #frames = new WaitingFrames();
  #onTheWay = 0;
  #dropped = 0;
  #number: number;

  private constructor(options: PostedSourceOptions, listening: Listening) {
    this.#options = options;
    this.#listening = listening;
    this.#number = options.lastNumber;
    this.name = `post:${listening.place}`;
    this.url = `http://${listening.place}/images`;
  }

  /** @throws ConfigurationError when the port is taken */
  static async open(options: PostedSourceOptions): Promise<PostedSource> {
    const server = createServer({
      headersTimeout: HEAD_MS,
      requestTimeout: BODY_MS,
      connectionsCheckingInterval: 1000,
    });
    const source = new PostedSource(options, await listen(server, 'source', options));
    server.on('request', (request, response) => void source.#answer(request, response));
    return source;
  }

  get dropped(): number {
    return this.#dropped;
  }

  take(most: number, signal: AbortSignal): Promise<Frame[]> {
    return this.#frames.take(most, signal);
  }

  close(): Promise<void> {
    return this.#listening.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): void => {
      // What is left of a body that nobody wants is not read.
      const close = request.complete ? {} : { connection: 'close' };
      response.writeHead(status, { 'content-type': 'application/json', ...close, ...headers });
      response.end(`${JSON.stringify(body)}\n`);
      if (!request.complete) socket.destroySoon();
    };
    const { socket } = request;
    try {
      this.#check(request);
      const result = await this.#accepted(request);
      const { file: _, ...data } = result;
      say(result.error === undefined ? 200 : 422, data);
    } catch (error) {
      if (error instanceof PostRefused) say(error.status, { error: error.message }, error.headers);
      else socket.destroy();
    }
  }

  #check({ url, method, headers }: IncomingMessage): void {
    const { key, maxBytes = MAX_BYTES } = this.#options;
    if (url?.split('?', 1)[0] !== '/images')
      throw new PostRefused(404, 'there is nothing at this address; POST /images takes an image');
    if (method !== 'POST') throw new PostRefused(405, `expected POST, got ${method}`, { allow: 'POST' });
    if (headers.origin !== undefined) throw new PostRefused(403, 'pages of a browser may not post here');
    const presented = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
    if (key !== undefined && (presented === undefined || !sameSecret(presented, key)))
      throw new PostRefused(401, 'expected "Authorization: Bearer" with the key of this line', {
        'www-authenticate': 'Bearer',
      });
    const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? 'nothing';
    if (!type.startsWith('image/') && type !== 'application/octet-stream')
      throw new PostRefused(
        415,
        `expected Content-Type image/* or application/octet-stream, got ${JSON.stringify(type.slice(0, 80))}`,
      );
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  }

  async #accepted(request: IncomingMessage): Promise<Result> {
    const { waiting = WAITING } = this.#options;
    if (this.#onTheWay >= waiting) {
      this.#dropped++;
      throw new PostRefused(429, `${waiting} images are on their way; post again when one is answered`, {
        'retry-after': '1',
      });
    }
    this.#onTheWay++;
    try {
      const bytes = await this.#body(request);
      const number = ++this.#number;
      return await new Promise<Result>((accepted, fail) => {
        request.socket.once('close', () => fail(new Error('gone')));
        const name = nameOf(request) ?? `image-${String(number).padStart(6, '0')}`;
        this.#frames.add({
          number,
          time: new Date(),
          name,
          picture: { bytes },
          readyAt: performance.now(),
          accepted,
        });
      });
    } finally {
      this.#onTheWay--;
    }
  }

  async #body(request: IncomingMessage): Promise<Uint8Array> {
    const { maxBytes = MAX_BYTES } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Left early, it would otherwise take the connection along, and with it the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
    if (bytes === 0) throw new PostRefused(400, 'expected an image, got an empty body');
    return Buffer.concat(chunks);
  }
}

/** In the same time for all that are not the key. */
function sameSecret(presented: string, key: string): boolean {
  const [a, b] = [presented, key].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}

const tooLarge = (bytes: number): PostRefused =>
  new PostRefused(413, `expected an image of at most ${bytes} bytes; send less`);

/** A name that a person can read; a path or a control character has no place in it. */
function nameOf({ headers }: IncomingMessage): string | undefined {
  const text = headers['x-frame-name'];
  if (typeof text !== 'string' || text === '') return undefined;
  if (text.length <= LONGEST_NAME && /^[\w .@+()-]+$/.test(text) && !text.startsWith('.')) return text;
  throw new PostRefused(
    400,
    `X-Frame-Name: expected at most ${LONGEST_NAME} letters, digits, blanks and any of . _ - + @ ( ), not beginning with a dot`,
  );
}
