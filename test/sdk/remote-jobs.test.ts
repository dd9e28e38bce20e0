import { ConflictError, JobError, NotFoundError } from '@cflow/sdk';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { chunksOf, listed } from './async-items.js';
import { serviceOfTests } from './running-service.js';

const NOBODY = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';
const place = serviceOfTests();

describe('jobs', () => {
  const archive = (): Uint8Array<ArrayBuffer> =>
    new Uint8Array([0x50, 0x4b, 3, 4, ...new TextEncoder().encode('the rest of an archive')]);

  it('are made from a path, an archive, a stream or files, once for each key', async () => {
    const upload = await place.client.jobs.upload(archive());
    expect(upload.path).toBe(`data-sets/${upload.sha256}.zip`);
    const job = await place.client.jobs.create({ name: 'wood', dataSet: { path: upload.path }, epochs: 2 });
    expect(job).toMatchObject({ status: 'queued', request: { preset: 'fast', epochs: 2 } });
    expect(
      (await place.client.jobs.create({ name: 'wood', dataSet: new Blob([archive()]) })).request.dataSet,
    ).toEqual({ path: upload.path });
    expect(await place.client.jobs.upload(chunksOf(archive()))).toEqual(upload);
    const once = () =>
      place.client.jobs.create({ name: 'wood', dataSet: { path: upload.path } }, { idempotencyKey: 'key-1' });
    expect((await once()).id).toBe((await once()).id);
    await expect(
      place.client.jobs.create(
        { name: 'steel', dataSet: { path: upload.path } },
        { idempotencyKey: 'key-1' },
      ),
    ).rejects.toMatchObject({ code: 'idempotency-mismatch' });

    const files = { 'train/good/ä 1.png': await testPng(1), 'train/good/2.png': await testPng(2) };
    const packed = await place.client.jobs.upload({ files });
    const stored = await place.running.service.parts.objects?.get(packed.path);
    const bytes = new Uint8Array(await new Response(stored?.body).arrayBuffer());
    expect(unzipSync(bytes)).toEqual(files);
    const address = { url: 'https://data.example/wood.zip' };
    expect((await place.client.jobs.create({ name: 'wood', dataSet: address })).request.dataSet).toEqual(
      address,
    );
    await expect(place.client.jobs.create({ name: 'wood', dataSet: 7 as never })).rejects.toMatchObject({
      name: expect.stringMatching(/ArgumentError|TypeError/),
    });
    await expect(place.client.jobs.upload(new Uint8Array(8))).rejects.toMatchObject({ code: 'data-set' });
    expect((await listed(place.client.jobs.list({ limit: 2, status: 'queued' }))).length).toBeGreaterThan(3);
  });

  it('have data sets that are listed, and deleted when nothing needs them any more', async () => {
    const { dataSets, jobs } = place.client;
    const bytes = new Uint8Array([...archive(), 7]);
    const { path } = await jobs.upload(bytes);
    expect(await dataSets.get(path)).toMatchObject({ path, bytes: bytes.length, inUse: false });
    const { id } = await jobs.create({ name: 'wood', dataSet: { path } });
    expect((await listed(dataSets.list({ limit: 1 }))).find((each) => each.path === path)).toMatchObject({
      inUse: true,
      expiresAt: null,
    });
    await expect(dataSets.delete(path)).rejects.toBeInstanceOf(ConflictError);
    await jobs.cancel(id);
    await dataSets.delete(path);
    await expect(dataSets.get(path)).rejects.toBeInstanceOf(NotFoundError);
    await expect(dataSets.delete(path)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('are watched to their end, waited for, logged, and cancelled', async () => {
    const jobs = place.running.service.parts.jobs;
    for await (const { id } of place.client.jobs.list({ status: 'queued' }))
      await place.client.jobs.cancel(id);
    const { id } = await place.client.jobs.create({
      name: 'wood',
      dataSet: { path: 'data-sets/wood.zip' },
      alias: null,
    });
    const worker = await jobs?.work({
      async handle(lease) {
        await lease.progress({ fraction: 0.5, phase: 'training' });
        await lease.event('log', { level: 'info', message: 'half of it' });
        const version = await lease.claimVersion(place.running.service.versions.latest);
        return { name: 'wood', version, metrics: null };
      },
    });
    const fractions: number[] = [];
    const watched = listed(place.client.jobs.events(id));
    const done = await place.client.jobs.wait(id, { onProgress: ({ fraction }) => fractions.push(fraction) });
    await worker?.stop();
    expect(done).toMatchObject({
      status: 'succeeded',
      result: { version: place.running.service.versions.latest },
    });
    expect(fractions).toContain(0.5);
    expect(fractions.at(-1)).toBe(1);
    const events = await watched;
    expect(events.map(({ type }) => type)).toContain('log');
    expect(events.map((event) => event.id)).toEqual(events.map((_, i) => i + 1));
    expect(await listed(place.client.jobs.events(id, { after: 2 }))).toEqual(events.slice(2));
    expect(await listed(place.client.jobs.events(id, { after: events.length }))).toEqual([]);
    expect(await place.client.jobs.logs(id)).toMatch(/^\S+ info half of it\n$/);
    const other = await place.client.jobs.create({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } });
    expect(await place.client.jobs.cancel(other.id)).toMatchObject({ status: 'cancelled' });
    await expect(place.client.jobs.cancel(other.id)).rejects.toBeInstanceOf(ConflictError);
    const error = await place.client.jobs.wait(other.id).catch((reason) => reason);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toMatchObject({ code: 'cancelled', job: { id: other.id } });
    await expect(place.client.jobs.wait(NOBODY)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('are no longer watched when the signal aborts', async () => {
    const { id } = await place.client.jobs.create({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } });
    const stop = new AbortController();
    const waiting = place.client.jobs.wait(id, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortedError', code: 'aborted' });
  });
});
