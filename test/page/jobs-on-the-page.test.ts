import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { images, noChromium, PageBrowser, wait } from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

let browser: PageBrowser;
let service: ServiceForPage;

describe.skipIf(noChromium !== '')(`training jobs on the page${noChromium}`, () => {
  beforeAll(async () => {
    service = await startServiceForPage();
    browser = await PageBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  afterEach(() => {
    expect(browser.take()).toEqual([]);
  });

  it('starts a job and watches it across a broken connection', async () => {
    const page = await browser.open(service, { path: '/#train' });
    const chooser = page.waitForEvent('filechooser');
    await page.locator('label[for="zip"]').click();
    const archive = zipSync({ 'good/1.png': (await images(1))[0]!.buffer });
    await (await chooser).setFiles({
      name: 'Steel 1.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(archive),
    });
    expect(await page.locator('#job-name').inputValue()).toBe('steel-1');
    await page.locator('#preset').selectOption('paper');
    await page.locator('#start').click();
    await page.locator('.job').waitFor();
    const [job] = (await service.jobs.list({ limit: 1 })).jobs;
    expect(job!.request).toMatchObject({ name: 'steel-1', preset: 'paper' });
    const { path } = job!.request.dataSet as { path: string };
    expect(Buffer.from(await service.upload(path))).toEqual(Buffer.from(archive));

    const worker = await service.jobs.work({
      handle: async (lease) => {
        await lease.progress({ fraction: 0.4, phase: 'training' });
        for (let epoch = 1; epoch <= 3; epoch++) {
          const event = { type: 'epoch', layer: 'layer2', epoch, epochs: 9 };
          await lease.event('training', { ...event, loss: 1 / epoch, heldOut: 1.1 / epoch });
        }
        await wait(async () => (await page.locator('.curve').count()) === 2);
        service.cut();
        await lease.event('log', { level: 'info', message: '<img src=x onerror=alert(1)>' });
        await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
        throw lease.signal.reason;
      },
    });
    onTestFinished(() => worker.stop());
    await wait(async () => (await page.locator('.log li').count()) === 1);
    expect(await page.locator('.log').textContent()).toContain('<img src=x');
    expect(Number(service.resumed.at(-1))).toBeGreaterThan(3);
    expect(await page.locator('.curve').first().getAttribute('points')).toMatch(/^(\S+,\S+ ?){3}$/);
    expect(await page.locator('.job .hint').first().textContent()).toContain('40 %, training');
    // What Chromium says of the connection that was cut.
    expect(browser.take().every((text) => text.includes('net::ERR'))).toBe(true);

    await page.getByRole('button', { name: 'Cancel job' }).click();
    expect((await service.jobs.get(job!.id)).cancelRequested).toBe(false);
    await page.getByRole('button', { name: 'Cancel for good?' }).click();
    await wait(async () => (await page.locator('.job .chip').textContent()) === 'cancelled');
    expect(await page.locator('#jobs .chip').first().textContent()).toBe('cancelled');
  });

  it('packs a folder of images, and makes one job however often it is asked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-page-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'good'));
    for (const { name, buffer } of await images(2)) await writeFile(join(folder, 'good', name), buffer);
    await writeFile(join(folder, 'notes.txt'), 'not an image');
    const page = await browser.open(service, { path: '/#train' });
    // The answer to the first request is lost on its way.
    let lost = 0;
    await page.route('**/v1/jobs', async (route) => {
      if (route.request().method() !== 'POST' || lost > 0) return route.continue();
      lost++;
      await route.fetch();
      await route.abort();
    });
    const uploads = service.requests.filter((request) => request === 'POST /v1/data-sets').length;
    await page.locator('#folder').setInputFiles(folder);
    await wait(async () =>
      /^2 images, .*; 1 other file left out$/.test((await page.locator('#data-set').textContent()) ?? ''),
    );
    await page.locator('#job-name').fill('oak');
    const before = (await service.jobs.list({ limit: 200 })).jobs.length;
    await page.locator('#start').click();
    await page.locator('#train-problem .problem').waitFor();
    expect(await page.locator('#train-problem').textContent()).toContain('does not answer');
    expect(browser.take().every((text) => text.includes('ERR_FAILED'))).toBe(true);
    await page.locator('#start').click();
    await page.locator('.job').waitFor();
    const { jobs } = await service.jobs.list({ limit: 200 });
    expect(jobs.length - before).toBe(1);
    expect(service.requests.filter((request) => request === 'POST /v1/data-sets').length - uploads).toBe(1);
    const unpacked = unzipSync(await service.upload((jobs[0]!.request.dataSet as { path: string }).path));
    expect(Object.keys(unpacked).sort()).toEqual(['good/part-0.png', 'good/part-1.png']);
    expect(Buffer.from(unpacked['good/part-1.png']!)).toEqual((await images(2))[1]!.buffer);
  });
});
