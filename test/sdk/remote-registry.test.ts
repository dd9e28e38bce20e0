import { BadRequestError, CflowClient, ConflictError, NotFoundError } from '@cflow/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { listed } from './async-items.js';
import { type RunningService, startRunningService } from './running-service.js';

let running: RunningService;
let client: CflowClient;

beforeAll(async () => {
  running = await startRunningService();
  client = new CflowClient({ baseUrl: running.url });
});
afterAll(() => running.close());

describe('the registry', () => {
  it('is listed page by page', async () => {
    const { latest, old } = running.service.versions;
    const names = (await listed(client.detectors.list({ limit: 1 }))).map(({ name }) => name);
    expect(names).toEqual(['steel', 'wood']);
    const page = await client.detectors.list({ limit: 1 }).page();
    expect(page).toMatchObject({ items: [{ name: 'steel' }], next: expect.any(String) });
    expect(await listed(client.detectors.list({ after: page.next as string }))).toHaveLength(1);
    const versions = await listed(client.detectors.versions('wood', { limit: 1 }));
    expect(versions.map(({ version }) => version).sort()).toEqual([latest, old].sort());
    expect(await client.detectors.get('wood')).toEqual({ name: 'wood', aliases: { latest, stable: old } });
    await expect(client.detectors.get('nobody')).rejects.toBeInstanceOf(NotFoundError);
    for (const name of ['..', '.', '']) {
      await expect(client.detectors.get(name)).rejects.toMatchObject({ name: 'ArgumentError' });
    }
  });

  it('gives versions with their files, takes new ones, moves aliases and deletes', async () => {
    const detail = await client.detectors.version('steel', 'latest');
    const files = new Map<string, Blob>();
    for (const file of ['manifest.json', ...Object.keys(detail.manifest.files)]) {
      files.set(file, await client.detectors.file('steel', detail.version, file));
    }
    const sizes = Object.entries(detail.manifest.files).map(([name, { bytes }]) => [name, bytes]);
    expect(sizes.map(([name]) => [name, files.get(name as string)?.size])).toEqual(sizes);
    const published = await client.detectors.publish('copy', files, { alias: 'first' });
    expect(published).toMatchObject({ name: 'copy', version: detail.version, aliases: ['first'] });
    expect(await client.detectors.publish('copy', Object.fromEntries(files), { alias: null })).toMatchObject({
      aliases: ['first'],
    });
    const { version } = published;
    expect(await client.detectors.moveAlias('copy', 'second', version, { expected: null })).toEqual({
      name: 'copy',
      alias: 'second',
      version,
    });
    await expect(
      client.detectors.moveAlias('copy', 'second', version, { expected: null }),
    ).rejects.toBeInstanceOf(ConflictError);
    await expect(client.detectors.deleteVersion('copy', version)).rejects.toBeInstanceOf(ConflictError);
    expect(await client.detectors.alias('copy', 'second')).toMatchObject({ version });
    expect(await client.detectors.deleteAlias('copy', 'first')).toBeUndefined();
    await client.detectors.deleteAlias('copy', 'second');
    await client.detectors.deleteVersion('copy', version);
    await expect(client.detectors.get('copy')).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.detectors.publish('copy', {})).rejects.toBeInstanceOf(BadRequestError);
  });

  it('keeps feedback and knows drift', async () => {
    const { id } = await client.detector('steel').predict(await testPng(2));
    const kept = await client.feedback(id as string, { label: 'good', note: 'only dust' });
    expect(kept).toMatchObject({ prediction: id, name: 'steel', label: 'good', note: 'only dust' });
    expect(await listed(client.detectors.feedback('steel', { version: 'latest' }))).toEqual([kept]);
    expect(await client.detectors.drift('steel')).toMatchObject({
      name: 'steel',
      method: 'kolmogorov-smirnov',
      samples: expect.any(Number),
    });
    await expect(client.feedback('nonsense', { label: 'bad' })).rejects.toMatchObject({ name: /Error$/ });
  });
});
