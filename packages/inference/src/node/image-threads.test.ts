import type { ImageError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { ImageThreads } from './image-threads.js';

const never = new AbortController().signal;

describe('ImageThreads', () => {
  it.each([
    ['not-an-image', new Uint8Array(60_000_000)],
    ['unsupported', new TextEncoder().encode('%PDF-1.7')],
    ['empty', new Uint8Array(0)],
  ])('refuses bytes that are %s by their first, without a thread', async (reason, encoded) => {
    const threads = new ImageThreads({
      threads: 1,
      limits: {},
      pixelBytes: 1e6,
      timeoutMs: 1000,
      onReplaced: () => undefined,
      start: () => {
        throw new Error('a thread was started');
      },
    });
    const task = { image: { encoded }, inputs: [] };
    const refused = (await threads.prepare(task, never).catch((error) => error)) as ImageError;
    expect(refused.details).toMatchObject({ reason });
    await threads.close();
  });
});
