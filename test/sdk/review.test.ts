import { ConflictError, NotFoundError } from '@cflow/sdk';
import { ReviewClient } from '@cflow/sdk/review';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { listed } from './async-items.js';
import { serviceOfTests } from './running-service.js';

const place = serviceOfTests();

it('goes from what people say of parts to a job that trains a better version', async () => {
  const { client } = place;
  const review = new ReviewClient({ baseUrl: place.running.url });
  const steel = client.detector('steel');
  const png = await testPng(2);
  const id = (await steel.predict(png)).id as string;
  await expect(review.mark(id, { label: 'good', image: png })).rejects.toBeInstanceOf(ConflictError);
  const outline: [number, number][] = [
    [10, 10],
    [30, 10],
    [30, 30],
  ];
  await client.detectors.saveSettings('steel', { keepImageDays: 7 });
  const marked = await review.mark(id, {
    label: 'bad',
    note: 'a scratch',
    regions: { width: 80, height: 60, outlines: [outline] },
    image: png,
  });
  expect(marked).toMatchObject({ prediction: id, label: 'bad', image: { bytes: png.length } });
  expect(await review.mark(id, { label: 'unsure' })).toMatchObject({ label: 'unsure' });
  expect(await review.mark(id, { label: 'good', image: new Blob([png]) })).toMatchObject({ label: 'good' });
  expect((await listed(client.detectors.feedback('steel')))[0]).toMatchObject({ label: 'good' });
  expect(new Uint8Array(await (await review.image(id)).arrayBuffer())).toEqual(png);
  expect(await (await review.export('steel', 'csv')).text()).toContain(`${id},`);
  const zip = await review.export('steel', 'zip', { version: 'latest' });
  const names = Object.keys(unzipSync(new Uint8Array(await zip.arrayBuffer())));
  expect(names).toEqual([expect.stringMatching(/^train\/good\/[0-9a-f]{40}\.png$/)]);
  await expect(review.retrain('steel')).rejects.toMatchObject({ code: 'data-set' });
  const dataSet = { path: 'data-sets/steel.zip' };
  const key = { idempotencyKey: 'once' };
  const job = await review.retrain('steel', { dataSet, ...key });
  expect(job).toMatchObject({ comparison: null, request: { alias: 'candidate', dataSet } });
  expect((await review.retrain('steel', { dataSet, ...key })).id).toBe(job.id);
  await client.jobs.cancel(job.id);
  await review.delete(id);
  await expect(review.image(id)).rejects.toBeInstanceOf(NotFoundError);
  expect(await listed(client.detectors.feedback('steel'))).toEqual([]);
});
