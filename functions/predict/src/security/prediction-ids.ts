import { ConfigurationError } from '@cflow/spec';
import { z } from 'zod';
import { decodeBase64Url, encodeBase64Url } from './base64-url.js';

/** What feedback on a prediction must know of it. */
export interface PredictionFacts {
  name: string;
  version: string;
  score: number;
  /** Milliseconds since 1970. */
  time: number;
}

const payloadSchema = z.tuple([z.string(), z.string(), z.number(), z.int(), z.string()]);

const LEAST_SECRET = 32;
const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' } as const;

/**
 * Ids that say themselves what was predicted, signed: nothing has to be kept of a prediction until feedback on it
 * arrives, and every replica with the same secret believes it. `<payload>.<HMAC-SHA256 of it>`, both in base64url.
 */
export class PredictionIds {
  readonly #key: ReturnType<typeof importKey>;

  /** @throws ConfigurationError when the secret has less than 32 bytes */
  constructor(secret: Uint8Array) {
    if (secret.length < LEAST_SECRET) {
      throw new ConfigurationError(
        `the secret that signs prediction ids must have ${LEAST_SECRET} bytes or more, got ${secret.length}`,
      );
    }
    this.#key = importKey(secret);
  }

  async sign({ name, version, score, time }: PredictionFacts): Promise<string> {
    // Two equal images of one request are two predictions.
    const nonce = encodeBase64Url(crypto.getRandomValues(new Uint8Array(6)));
    const payload = encodeBase64Url(encode(JSON.stringify([name, version, score, time, nonce])));
    const mac = await crypto.subtle.sign(ALGORITHM.name, await this.#key, encode(payload));
    return `${payload}.${encodeBase64Url(new Uint8Array(mac))}`;
  }

  /** Undefined when the id was not signed with this secret. */
  async verify(id: string): Promise<PredictionFacts | undefined> {
    const [payload = '', signature = '', ...rest] = id.split('.');
    const [bytes, mac] = [decodeBase64Url(payload), decodeBase64Url(signature)];
    if (!bytes || !mac || rest.length > 0) return undefined;
    if (!(await crypto.subtle.verify(ALGORITHM.name, await this.#key, mac, encode(payload))))
      return undefined;
    const [name, version, score, time] = payloadSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { name, version, score, time };
  }
}

function importKey(secret: Uint8Array) {
  return crypto.subtle.importKey('raw', new Uint8Array(secret), ALGORITHM, false, ['sign', 'verify']);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
