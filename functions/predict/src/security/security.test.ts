import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { createApiKey, hashedApiKeys, parseApiKeys } from './hashed-api-keys.js';
import { PredictionIds } from './prediction-ids.js';
import { presentedKey } from './presented-key.js';
import { RateLimiter } from './rate-limiter.js';

const HASH = 'a'.repeat(64);

describe('API keys', () => {
  it('are found by themselves, kept as hashes', async () => {
    const [one, other] = [await createApiKey(), await createApiKey()];
    expect(one.key).toMatch(/^cflow_[\w-]{43}$/);
    const rate = { perSecond: 1, burst: 2 };
    const keys = hashedApiKeys([{ name: 'camera', sha256: one.sha256, scopes: ['predict'], rate }]);
    expect(await keys.find(one.key)).toEqual({ name: 'camera', scopes: new Set(['predict']), rate });
    expect(await keys.find(other.key)).toBeUndefined();
    expect(await keys.find(one.sha256)).toBeUndefined();
  });

  it('are read from JSON', () => {
    const entries = [{ name: 'camera', sha256: HASH, scopes: ['predict', 'read'] }];
    expect(parseApiKeys(JSON.stringify(entries), 'CFLOW_KEYS')).toEqual(entries);
  });

  it.each([
    ['no JSON', '{', /CFLOW_KEYS is not JSON/],
    ['no list', '{}', /expected array/i],
    ['none', '[]', /at least one key/],
    [
      'a key instead of its hash',
      '[{"name":"a","sha256":"cflow_x","scopes":["read"]}]',
      /0\.sha256: .*SHA-256/,
    ],
    ['an unknown scope', `[{"name":"a","sha256":"${HASH}","scopes":["write"]}]`, /0\.scopes\.0/],
    ['an unknown field', `[{"name":"a","sha256":"${HASH}","scopes":["read"],"key":"x"}]`, /key/],
    [
      'the same name twice',
      `[{"name":"a","sha256":"${HASH}","scopes":["read"]},{"name":"a","sha256":"${'b'.repeat(64)}","scopes":["read"]}]`,
      /two keys with the same name: a/,
    ],
  ])('refuse %s', (_, text, message) => {
    expect(() => parseApiKeys(text, 'CFLOW_KEYS')).toThrow(ConfigurationError);
    expect(() => parseApiKeys(text, 'CFLOW_KEYS')).toThrow(message);
  });

  it.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer  abc ' }, 'abc'],
    [{ 'x-api-key': 'abc' }, 'abc'],
    [{ authorization: 'Basic abc' }, undefined],
    [{ authorization: 'Bearer' }, undefined],
    [{}, undefined],
  ])('are presented as %j', (headers, expected) => {
    expect(presentedKey(new Headers(headers as Record<string, string>))).toBe(expected);
  });
});

describe('PredictionIds', () => {
  const facts = { name: 'wood', version: HASH, score: 2.345678901234567, time: 1_700_000_000_000 };
  const secret = crypto.getRandomValues(new Uint8Array(32));

  it('are believed by every replica with the secret, and are never the same', async () => {
    const ids = new PredictionIds(secret);
    const id = await ids.sign(facts);
    expect(id).toMatch(/^[\w.-]+$/);
    expect(await new PredictionIds(secret).verify(id)).toEqual(facts);
    expect(await ids.sign(facts)).not.toBe(id);
  });

  it('are not believed when changed, or of another secret', async () => {
    const ids = new PredictionIds(secret);
    const id = await ids.sign(facts);
    const other = new PredictionIds(crypto.getRandomValues(new Uint8Array(32)));
    expect(await other.verify(id)).toBeUndefined();
    for (const at of [0, 10, id.indexOf('.') - 1, id.indexOf('.') + 1]) {
      const changed = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
      expect(await ids.verify(changed)).toBeUndefined();
    }
    for (const text of ['', '.', '..', 'a.b', `${id}.x`, id.replace('.', ''), '\u0000', id.toUpperCase()]) {
      expect(await ids.verify(text)).toBeUndefined();
    }
  });

  it('need a secret that nobody guesses', () => {
    expect(() => new PredictionIds(new Uint8Array(31))).toThrow(ConfigurationError);
  });
});

describe('RateLimiter', () => {
  it('lets a burst through, then as many as agreed', () => {
    let now = 0;
    const limiter = new RateLimiter({ perSecond: 2, burst: 3 }, () => now);
    const allowed = (): boolean => limiter.take('a')?.allowed as boolean;
    expect([allowed(), allowed(), allowed(), allowed()]).toEqual([true, true, true, false]);
    expect(limiter.take('b')).toMatchObject({ allowed: true, limit: 3, remaining: 2, resetSeconds: 1 });
    now += 500;
    expect([allowed(), allowed()]).toEqual([true, false]);
    expect(limiter.take('a')).toMatchObject({ retryAfterSeconds: 1, remaining: 0 });
    now += 1_000_000;
    expect([allowed(), allowed(), allowed(), allowed()]).toEqual([true, true, true, false]);
  });

  it('neither gives nor takes when the clock is set back', () => {
    let now = 1_000_000;
    const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, () => now);
    limiter.take('a');
    now = 0;
    expect(limiter.take('a')?.allowed).toBe(true);
    expect(limiter.take('a')?.allowed).toBe(false);
    now = 1000;
    expect(limiter.take('a')?.allowed).toBe(true);
  });

  it("takes a caller's own limit before the service's, and knows no limit", () => {
    const limiter = new RateLimiter(null, () => 0);
    expect(limiter.take('a')).toBeUndefined();
    expect(limiter.take('a', { perSecond: 1, burst: 1 })?.allowed).toBe(true);
    expect(limiter.take('a', { perSecond: 1, burst: 1 })?.allowed).toBe(false);
  });

  it('keeps no more than 10 000 callers', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, () => 0);
    for (let i = 0; i < 10_500; i++) limiter.take(`caller ${i}`);
    expect(limiter.size).toBe(10_000);
    expect(limiter.take('caller 10499')?.allowed).toBe(false);
    expect(limiter.take('caller 0')?.allowed).toBe(true);
  });
});
