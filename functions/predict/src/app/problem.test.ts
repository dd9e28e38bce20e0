import { BundleError, CflowError, DeviceError, ImageError, StorageError } from '@cflow/spec';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProblemError, problemErrorOf } from './problem.js';
import { withoutPaths } from './without-paths.js';

describe('problemErrorOf', () => {
  it('passes on what is about the request, less paths', () => {
    const found = problemErrorOf(new ImageError('cannot decode "/srv/data/my images/a.png": truncated'));
    expect(found).toMatchObject({ code: 'image', status: 422 });
    expect(found.message).toBe('cannot decode "<file>": truncated');
  });

  it.each([
    new BundleError('/srv/bundles/wood/head.onnx is damaged'),
    new StorageError('store', 'EIO: cannot read /var/lib/cflow/objects/ab'),
    new StorageError('permission', 'EACCES /var/lib/cflow'),
    new Error('connect ECONNREFUSED postgres://user:secret@10.0.0.3'),
    'a string that was thrown',
  ])('says nothing of the service itself: %s', (error) => {
    const found = problemErrorOf(error);
    // Of a damaged detector it is the publisher who has to be told; the service itself is well.
    expect(found.status).toBe(error instanceof BundleError ? 503 : 500);
    expect(found.message).not.toMatch(/srv|var|EIO|EACCES|secret|10\.0|thrown/);
    expect(found.cause).toBe(error);
  });

  it('calls a failure that may pass one', () => {
    const found = problemErrorOf(new StorageError('store', 'the bucket is away', { retryable: true }));
    expect(found).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    const full = new CflowError('queue-full', 'full', {
      retryable: true,
      details: { retryAfterSeconds: 3.2 },
    });
    expect(problemErrorOf(full)).toMatchObject({ status: 429, headers: { 'retry-after': '4' } });
  });

  it('names a time to come again only with 429 and 503', () => {
    const headers = (error: unknown) => problemErrorOf(error).headers;
    expect(headers(new DeviceError('no device works', []))).toEqual({ 'retry-after': '5' });
    expect(headers(new ProblemError('device', 'there is no cuda', { status: 422 }))).toEqual({});
    expect(headers(new ProblemError('timeout', 'the body is slow', { status: 408 }))).toEqual({});
    expect(headers(new ProblemError('timeout', 'no answer'))).toEqual({});
  });

  it('lists devices without the places of their libraries', () => {
    const error = new DeviceError('no device works', [
      { device: 'cuda', reason: 'cannot open /usr/lib/libcuda.so.1: no such file' },
    ]);
    const found = problemErrorOf(error);
    expect(found).toMatchObject({ code: 'device', status: 503, message: 'no device works' });
    expect(found.attempts).toEqual([{ device: 'cuda', reason: 'cannot open <file> no such file' }]);
  });

  it('names what zod found, eight at most', () => {
    const schema = z.object(
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`field${i}`, z.string()])),
    );
    const found = problemErrorOf(schema.safeParse({}).error);
    expect(found).toMatchObject({ code: 'invalid-request', status: 400 });
    expect(found.message).toMatch(/^field0: .*and 29 more/);
    expect(found.errors).toHaveLength(8);
  });

  it('repeats nothing of what came but the beginning of names', () => {
    const secret = 'secret-'.repeat(1000);
    const schema = z.strictObject({
      a: z.enum(['b', 'c']),
      d: z.array(z.url()),
      e: z.record(z.string().max(2), z.number()),
    });
    const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}${secret}`, secret]));
    const came = { a: secret, d: Array(1000).fill(secret), e: { [secret]: secret }, ...unknown };
    const found = problemErrorOf(schema.safeParse(came).error);
    expect(found.errors).toHaveLength(8);
    const said = JSON.stringify([found.message, found.errors]);
    expect(said.length).toBeLessThan(3000);
    expect(said.match(/secret-/g)?.length ?? 0).toBeLessThan(30);
    const only = problemErrorOf(schema.safeParse({ a: 'b', d: [], e: {}, ...unknown }).error);
    expect(only.message).toMatch(/^there is no field "0secret-.{24}…" here, nor 999 others that came$/);
  });

  it("keeps the status of the framework's own refusals", () => {
    expect(problemErrorOf(new HTTPException(400, { message: 'Malformed JSON' }))).toMatchObject({
      code: 'invalid-request',
      status: 400,
    });
    expect(problemErrorOf(new ProblemError('conflict', 'x')).status).toBe(409);
  });
});

describe('withoutPaths', () => {
  it.each([
    ['open "/srv/a b/c" failed', 'open "<file>" failed'],
    ['open /srv/a failed', 'open <file> failed'],
    ['at C:\\models\\wood.onnx now', 'at <file> now'],
    ['from file:///srv/a', 'from <file>'],
    ["'\\\\server\\share\\x'", "'<file>'"],
    ['(/srv/a)', '(<file>)'],
    ['/srv/a:12:3', '<file>'],
  ])('takes the path from %j', (message, expected) => {
    expect(withoutPaths(message)).toBe(expected);
  });

  it.each([
    'image/png or application/json',
    'see https://example.org/a/b',
    '1/2',
    'wood@production',
    'a / b',
  ])('leaves %j', (message) => {
    expect(withoutPaths(message)).toBe(message);
  });
});
