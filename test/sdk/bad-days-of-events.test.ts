import type { ServerResponse } from 'node:http';
import { ConnectionError, type JobEvent, NotFoundError, ProtocolError } from '@cflow/sdk';
import { describe, expect, it } from 'vitest';
import { caught, clientOf, json, serverOf } from './bad-server.js';

const JOB = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';

describe('events of a job', () => {
  const event = (id: number, type = 'progress', data: object = { fraction: id / 10 }): string =>
    `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, job: JOB, at: '', type, data })}\n\n`;
  const end = (id: number): string => event(id, 'status', { status: 'succeeded' });
  const stream = (response: ServerResponse): ServerResponse =>
    response.writeHead(200, { 'content-type': 'text/event-stream' });
  const ids = async (events: AsyncIterable<JobEvent>): Promise<number[]> => {
    const found: number[] = [];
    for await (const { id } of events) found.push(id);
    return found;
  };

  it('go on where the connection broke, with none lost and none twice', async () => {
    const { url, requests } = await serverOf((_, response, count) => {
      stream(response);
      if (count === 1) {
        // Cut in the middle of the third.
        const text = `retry: 20\n\n${event(1)}${event(2)}${event(3).slice(0, 30)}`;
        response.write(text, () => response.destroy());
      } else if (count === 2) response.end(`: still here\n\n${event(2)}${event(3)}`);
      else response.end(`${event(4)}${end(5)}${event(6)}`);
    });
    let lost = 0;
    const onLost = (): void => {
      lost++;
    };
    expect(await ids(clientOf(url).jobs.events(JOB, { onLost }))).toEqual([1, 2, 3, 4, 5]);
    expect(lost).toBe(2);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3']);
    expect(requests.map(({ headers }) => headers.accept)).toEqual(Array(3).fill('text/event-stream'));
  });

  it('end when there are no more, and connect again after silence and refusals', async () => {
    const { url } = await serverOf((_, response, count) => {
      if (count === 1) stream(response).write(`retry: 10\n\n${event(1)}`);
      else if (count === 2) json(response, {}, 503);
      else if (count === 3) json(response, { code: 'rate-limited' }, 429, { 'retry-after': '0' });
      else response.writeHead(204).end();
    });
    expect(await ids(clientOf(url).jobs.events(JOB, { silence: 100 }))).toEqual([1]);
  });

  it('give up when they break again and again, and at once when asking again does not help', async () => {
    const breaking = await serverOf((_, response, count) => {
      if (count === 1) stream(response).write('retry: 5\n\n', () => response.destroy());
      else response.destroy();
    });
    const events = clientOf(breaking.url).jobs.events(JOB, { maxRetries: 2 });
    expect(await caught(ids(events))).toBeInstanceOf(ConnectionError);
    expect(breaking.requests).toHaveLength(3);
    const none = await serverOf((_, response) => json(response, { code: 'not-found' }, 404));
    expect(await caught(ids(clientOf(none.url).jobs.events(JOB)))).toBeInstanceOf(NotFoundError);
    const page = await serverOf((_, response) => void response.end('<html>'));
    expect(await caught(ids(clientOf(page.url).jobs.events(JOB)))).toBeInstanceOf(ProtocolError);
    const odd = await serverOf((_, response) => void stream(response).end('data: {}\n\n'));
    expect(await caught(ids(clientOf(odd.url).jobs.events(JOB)))).toBeInstanceOf(ProtocolError);
  });

  it('let go of the connection when nobody listens any more', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const { url } = await serverOf((_, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      stream(response).write(event(1));
    });
    for await (const { id } of clientOf(url).jobs.events(JOB)) {
      expect(id).toBe(1);
      break;
    }
    await closed;
  });
});
