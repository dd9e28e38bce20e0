import { ConfigurationError } from '@cflow/spec';
import { z } from 'zod';
import { type ApiKeys, type Caller, SCOPES } from './api-keys.js';
import { encodeBase64Url } from './base64-url.js';

/** A key as the service keeps it: its hash, not itself. */
export const apiKeyEntrySchema = z.strictObject({
  name: z.string().regex(/^[\w.@-]{1,64}$/, 'expected 1 to 64 letters, digits, "_", ".", "@" and "-"'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the key: 64 hexadecimal digits'),
  scopes: z.array(z.enum(SCOPES)).min(1),
  rate: z.strictObject({ perSecond: z.number().positive(), burst: z.number().int().positive() }).optional(),
});
export type ApiKeyEntry = z.infer<typeof apiKeyEntrySchema>;

/**
 * Keys by their hashes. A plain SHA-256 is enough, unlike for passwords: keys are 256 random bits (see `createApiKey`),
 * which nobody finds by trying, however fast a hash is. A look-up by hash also tells nothing by its time: what it
 * compares is the hash, of which a stranger can choose no part.
 *
 * @param hash SHA-256 of a text as hexadecimal digits. Default: Web Crypto's, which is everywhere; hosts may have one that is quicker
 */
export function hashedApiKeys(
  entries: readonly ApiKeyEntry[],
  hash: (key: string) => string | Promise<string> = hashOf,
): ApiKeys {
  const callers = new Map<string, Caller>();
  for (const { name, sha256, scopes, rate } of entries) {
    callers.set(sha256, { name, scopes: new Set(scopes), ...(rate && { rate }) });
  }
  return { find: async (key) => callers.get(await hash(key)) };
}

/** A new key, and the hash to keep instead of it. The key itself is shown once and stored nowhere. */
export async function createApiKey(): Promise<{ key: string; sha256: string }> {
  const key = `cflow_${encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
  return { key, sha256: await hashOf(key) };
}

/**
 * Reads a list of keys: a JSON array of `{ name, sha256, scopes, rate? }`.
 *
 * @param source What the text is from, for messages: the name of a file or of a variable
 * @throws ConfigurationError
 */
export function parseApiKeys(text: string, source: string): ApiKeyEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`${source} is not JSON; expected ${EXPECTED}`, { cause });
  }
  const result = z.array(apiKeyEntrySchema).min(1, 'expected at least one key').safeParse(json);
  if (!result.success) {
    const [first] = result.error.issues;
    const place = first?.path.map(String).join('.');
    throw new ConfigurationError(
      `${source} holds no list of API keys: ${place ? `${place}: ` : ''}${first?.message}; expected ${EXPECTED}`,
    );
  }
  for (const field of ['name', 'sha256'] as const) {
    const seen = new Set<string>();
    for (const entry of result.data) {
      if (seen.has(entry[field])) {
        throw new ConfigurationError(`${source} has two keys with the same ${field}: ${entry[field]}`);
      }
      seen.add(entry[field]);
    }
  }
  return result.data;
}

const EXPECTED = `[{"name": "camera", "sha256": "<SHA-256 of the key>", "scopes": ["predict"]}]`;

async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
