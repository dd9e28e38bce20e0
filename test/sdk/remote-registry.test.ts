import { BadRequestError, ConflictError, NotFoundError } from '@cflow/sdk';
import { describe, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { listed } from './async-items.js';
import { serviceOfTests } from './running-service.js';

const place = serviceOfTests();

describe('the registry', () => {
  it('is listed page by page', async () => {
    const { latest, old } = place.running.service.versions;
    const names = (await listed(place.client.detectors.list({ limit: 1 }))).map(({ name }) => name);
    expect(names).toEqual(['steel', 'wood']);
    const page = await place.client.detectors.list({ limit: 1 }).page();
    expect(page).toMatchObject({ items: [{ name: 'steel' }], next: expect.any(String) });
    expect(await listed(place.client.detectors.list({ after: page.next as string }))).toHaveLength(1);
    const versions = await listed(place.client.detectors.versions('wood', { limit: 1 }));
    expect(versions.map(({ version }) => version).sort()).toEqual([latest, old].sort());
    expect(await place.client.detectors.get('wood')).toEqual({
      name: 'wood',
      aliases: { latest, stable: old },
    });
    await expect(place.client.detectors.get('nobody')).rejects.toBeInstanceOf(NotFoundError);
    for (const name of ['..', '.', '']) {
      await expect(place.client.detectors.get(name)).rejects.toMatchObject({ name: 'ArgumentError' });
    }
  });

  it('gives versions with their files, takes new ones, moves aliases and deletes', async () => {
    const detail = await place.client.detectors.version('steel', 'latest');
    const files = new Map<string, Blob>();
    for (const file of ['manifest.json', ...Object.keys(detail.manifest.files)]) {
      files.set(file, await place.client.detectors.file('steel', detail.version, file));
    }
    const sizes = Object.entries(detail.manifest.files).map(([name, { bytes }]) => [name, bytes]);
    expect(sizes.map(([name]) => [name, files.get(name as string)?.size])).toEqual(sizes);
    const published = await place.client.detectors.publish('copy', files, { alias: 'first' });
    expect(published).toMatchObject({ name: 'copy', version: detail.version, aliases: ['first'] });
    expect(
      await place.client.detectors.publish('copy', Object.fromEntries(files), { alias: null }),
    ).toMatchObject({
      aliases: ['first'],
    });
    const { version } = published;
    expect(await place.client.detectors.moveAlias('copy', 'second', version, { expected: null })).toEqual({
      name: 'copy',
      alias: 'second',
      version,
    });
    await expect(
      place.client.detectors.moveAlias('copy', 'second', version, { expected: null }),
    ).rejects.toBeInstanceOf(ConflictError);
    await expect(place.client.detectors.deleteVersion('copy', version)).rejects.toBeInstanceOf(ConflictError);
    expect(await place.client.detectors.alias('copy', 'second')).toMatchObject({ version });
    expect(await place.client.detectors.deleteAlias('copy', 'first')).toBeUndefined();
    await place.client.detectors.deleteAlias('copy', 'second');
    await place.client.detectors.deleteVersion('copy', version);
    await expect(place.client.detectors.get('copy')).rejects.toBeInstanceOf(NotFoundError);
    await expect(place.client.detectors.publish('copy', {})).rejects.toBeInstanceOf(BadRequestError);
  });

  it('keeps what is decided, and judges by it', async () => {
    const { detectors } = place.client;
    const { version } = await detectors.version('steel', 'latest');
    const all = { threshold: -1e6, version: 'latest', note: 'all are bad', expected: 0 };
    const saved = await detectors.saveSettings('steel', all);
    expect(saved).toMatchObject({ name: 'steel', revision: 1, threshold: -1e6, version });
    await expect(detectors.saveSettings('steel', all)).rejects.toBeInstanceOf(ConflictError);
    const png = await testPng(2);
    const steel = place.client.detector('steel');
    await expect.poll(async () => (await steel.predict(png)).threshold, { timeout: 5000 }).toBe(-1e6);
    expect((await steel.predict(png)).label).toBe('bad');
    // A request that says something itself has it.
    expect((await steel.predict(png, { threshold: 1e6 })).label).toBe('good');
    await detectors.saveSettings('steel', {});
    expect(await detectors.settings('steel')).toMatchObject({ name: 'steel', revision: 2 });
    expect(
      (await listed(detectors.settingsHistory('steel', { limit: 1 }))).map((each) => each.revision),
    ).toEqual([2, 1]);
    await expect
      .poll(async () => (await steel.predict(png)).threshold, { timeout: 5000 })
      .toBeGreaterThan(-1e6);
  });

  it('keeps feedback and knows drift', async () => {
    const { id } = await place.client.detector('steel').predict(await testPng(2));
    const kept = await place.client.feedback(id as string, { label: 'good', note: 'only dust' });
    expect(kept).toMatchObject({ prediction: id, name: 'steel', label: 'good', note: 'only dust' });
    expect(await listed(place.client.detectors.feedback('steel', { version: 'latest' }))).toEqual([kept]);
    expect(await place.client.detectors.drift('steel')).toMatchObject({
      name: 'steel',
      method: 'kolmogorov-smirnov',
      samples: expect.any(Number),
    });
    await expect(place.client.feedback('nonsense', { label: 'bad' })).rejects.toMatchObject({
      name: /Error$/,
    });
  });
});
