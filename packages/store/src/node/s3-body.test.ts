import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { answerStream } from './s3-body.js';

const bytes = (): Readable => Readable.from([new Uint8Array(4), new Uint8Array(4)]);

it('ends an answer that nobody has begun to read when it is cancelled', async () => {
  const answer = bytes();
  await answerStream(answer, 8, (error) => error).cancel();
  expect(answer.destroyed).toBe(true);
});

it('ends an answer that is half read when it is cancelled', async () => {
  const answer = bytes();
  const reader = answerStream(answer, 8, (error) => error).getReader();
  await reader.read();
  await reader.cancel();
  expect(answer.destroyed).toBe(true);
});

it('tells whoever reads of an error that came before', async () => {
  const answer = bytes();
  const stream = answerStream(answer, 8, (error) => error);
  answer.destroy(new Error('reset'));
  await new Promise((resolve) => answer.once('close', resolve));
  await expect(new Response(stream).arrayBuffer()).rejects.toThrow('reset');
});
