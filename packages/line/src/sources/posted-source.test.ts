import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { testResult } from '../testing/result.js';
import { PostedSource, type PostedSourceOptions } from './posted-source.js';

const open: PostedSource[] = [];
afterEach(async () => {
  for (const source of open.splice(0)) await source.close();
});

async function source(options: Partial<PostedSourceOptions> = {}): Promise<PostedSource> {
  const made = await PostedSource.open({ host: '127.0.0.1', port: 0, lastNumber: 0, ...options });
  open.push(made);
  return made;
}

const { signal } = new AbortController();
const image = { 'content-type': 'image/png' };
const post = (url: string, headers: Record<string, string> = image, body: string | Uint8Array = 'an image') =>
  fetch(url, { method: 'POST', headers, body: body as never });

describe('PostedSource', () => {
  it('gives what is posted in order, and answers with the result when that is accepted', async () => {
    const from = await source({ lastNumber: 6 });
    const first = post(from.url, { ...image, 'x-frame-name': 'part 1.png' });
    const [frame] = await from.take(8, signal);
    expect(frame).toMatchObject({ number: 7, name: 'part 1.png' });
    expect(
      new TextDecoder().decode((frame as unknown as { picture: { bytes: Uint8Array } }).picture.bytes),
    ).toBe('an image');
    const second = post(from.url);
    const [next] = await from.take(8, signal);
    expect(next).toMatchObject({ number: 8, name: 'image-000008' });
    next?.accepted?.(testResult(2, { error: 'not an image' }));
    frame?.accepted?.(testResult(1, { file: { path: '/secret', stamp: '1:1' } }));
    expect((await second).status).toBe(422);
    const answer = await first;
    expect(answer.status).toBe(200);
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({ sequence: 1, verdict: testResult(1).verdict });
    expect(body).not.toContain('/secret');
  });

  it('refuses more than may be on their way, and counts them', async () => {
    const from = await source({ waiting: 2 });
    const waiting = [post(from.url), post(from.url)];
    const frames = await from.take(1, signal);
    while (frames.length < 2) frames.push(...(await from.take(2, signal)));
    const refused = await post(from.url);
    expect([refused.status, refused.headers.get('retry-after'), from.dropped]).toEqual([429, '1', 1]);
    for (const frame of frames) frame.accepted?.(testResult(frame.number));
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    // A place whose poster has gone is free again.
    const gone = new AbortController();
    const lost = fetch(from.url, { method: 'POST', headers: image, body: 'x', signal: gone.signal });
    await from.take(1, signal);
    gone.abort();
    await expect(lost).rejects.toThrow();
    await expect
      .poll(async () => {
        const answer = post(from.url, { 'content-type': 'text/plain' });
        return (await answer).status;
      })
      .toBe(415);
  });

  it('says what is wrong with a post', async () => {
    const from = await source({ maxBytes: 100, key: 'a key of this line' });
    const auth = { ...image, authorization: 'Bearer a_key_that_is_wrong' };
    const status = async (answer: Promise<Response>) => [(await answer).status, await (await answer).text()];
    expect(await status(post(from.url))).toEqual([401, expect.stringContaining('Authorization: Bearer')]);
    expect((await post(from.url, auth)).status).toBe(401);
    const open = await source({ maxBytes: 100 });
    expect(await status(post(open.url, image, 'x'.repeat(101)))).toEqual([
      413,
      expect.stringContaining('at most 100 bytes'),
    ]);
    expect(await status(post(open.url, image, ''))).toEqual([400, expect.stringContaining('empty body')]);
    expect((await post(open.url, { ...image, origin: 'https://evil.example' })).status).toBe(403);
    expect((await post(open.url, { ...image, 'x-frame-name': '../../etc/passwd' })).status).toBe(400);
    expect((await post(open.url, { 'content-type': 'text/html' })).status).toBe(415);
    expect((await fetch(open.url)).status).toBe(405);
    expect((await fetch(open.url.replace('images', 'other'))).status).toBe(404);
    await expect(source({ port: Number(new URL(open.url).port) })).rejects.toThrow(
      /is taken; name another port/,
    );
  });

  it('cuts off a body that is larger than was said, in chunks without end', async () => {
    const from = await source({ maxBytes: 1000 });
    const { port } = new URL(from.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'POST /images HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const timer = setInterval(() => socket.writable && socket.write(`64\r\n${'x'.repeat(100)}\r\n`), 1);
    let text = '';
    for await (const chunk of socket) text += chunk;
    clearInterval(timer);
    expect(text).toContain('HTTP/1.1 413');
    expect(from.dropped).toBe(0);
  });
});
