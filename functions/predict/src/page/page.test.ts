import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testImage, testImages } from '@cflow/detector/testing';
import type { PredictResponse } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { unzipSync, zipSync } from 'fflate';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ServiceForPage, startServiceForPage } from './testing/service-for-page.js';

const CHROMIUM = '/usr/bin/chromium';

let browser: Browser;
let service: ServiceForPage;
const complaints: string[] = [];

async function open(
  path = '/',
  at: { address: string } = service,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Chromium logs each refusal of the service; that is what the page shows in words.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(at.address + path);
  await page
    .locator('#inspection, #no-detectors, #key-panel, #reference article')
    .locator('visible=true')
    .first()
    .waitFor();
  return page;
}

async function images(count: number): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
  const files = testImages(count, 200).map(async (image, i) => ({
    name: `part-${i}.png`,
    mimeType: 'image/png',
    buffer: Buffer.from(await encodePng(image)),
  }));
  return Promise.all(files);
}

async function wait(condition: () => unknown): Promise<void> {
  await expect.poll(condition, { timeout: 15_000, interval: 20 }).toBeTruthy();
}

const unable = existsSync(CHROMIUM) ? '' : ` (skipped: there is no ${CHROMIUM})`;

describe.skipIf(unable !== '')(`the page in a browser${unable}`, () => {
  beforeAll(async () => {
    service = await startServiceForPage();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  it('shows predictions, and judges again without asking when the threshold moves', async () => {
    const page = await open();
    await page.setInputFiles('#files', await images(3));
    await page.locator('.verdict').nth(2).waitFor();
    const threshold = page.locator('#threshold');
    expect(await page.locator('.card img').first().getAttribute('alt')).toMatch(
      /^part-0\.png: good, 0 regions$/,
    );
    expect(await page.locator('#summary').textContent()).toBe('3 images: 0 bad, 3 good');
    await wait(async () => /^Drift 0/.test((await page.locator('#drift').textContent()) ?? ''));
    await wait(async () => (await page.locator('#false-alarm-rate').inputValue()) === '1');
    const asked = service.requests.length;

    await threshold.fill('0');
    await wait(async () => (await page.locator('#summary').textContent()) === '3 images: 3 bad, 0 good');
    expect(await page.locator('.boxes rect').count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator('.card').first().getAttribute('data-label')).toBe('bad');
    await threshold.fill('1000');
    await wait(async () => (await page.locator('#summary').textContent()) === '3 images: 0 bad, 3 good');
    expect(await page.locator('.boxes rect').count()).toBe(0);
    const before = await page.locator('#threshold-value').textContent();
    await page.locator('#false-alarm-rate').fill('90');
    await page.locator('#false-alarm-rate').press('Tab');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('3 bad'));
    expect(await page.locator('#threshold-value').textContent()).not.toBe(before);
    expect(service.requests.length).toBe(asked);
  });

  it('gives the same label and regions as the service at its threshold', async () => {
    const page = await open();
    const noise = testImage(5, 256, 160);
    for (let y = 50; y < 90; y++) {
      for (let x = 120; x < 170; x++)
        noise.data.set([255 * ((x * y) % 2), 255 * (x % 2), 20], (y * 256 + x) * 3);
    }
    const body = Buffer.from(await encodePng(noise));
    await page.setInputFiles('#files', { name: 'odd.png', mimeType: 'image/png', buffer: body });
    const answer = await fetch(`${service.address}/v1/detectors/wood/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body,
    });
    const { predictions } = (await answer.json()) as PredictResponse;
    await page.locator('.verdict').waitFor();
    expect(predictions[0]!.label).toBe('bad');
    expect(await page.locator('.card').getAttribute('data-label')).toBe('bad');
    expect(await page.locator('.boxes rect').count()).toBe(predictions[0]!.regions!.length);
  });

  it('says in words what cannot be scored, and keeps the rest', async () => {
    const page = await open();
    const broken = { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('not an image') };
    const text = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('<b>hi</b>') };
    await page.setInputFiles('#files', [...(await images(1)), broken, text]);
    await page.locator('.card .problem').waitFor();
    expect(await page.locator('.card .problem').textContent()).toMatch(/PNG/);
    expect(await page.locator('#drop-problem').textContent()).toContain('1 file left out');
    await page.locator('.verdict').waitFor();
    await wait(async () =>
      (await page.locator('#summary').textContent())?.includes('2 images: 0 bad, 1 good, 1 not scored'),
    );
  });

  it('takes feedback', async () => {
    const page = await open();
    await page.setInputFiles('#files', await images(1));
    await page.getByRole('button', { name: 'part-0.png is actually bad' }).click();
    await page.locator('.choice[aria-pressed="true"]').waitFor();
    const { feedback } = await service.registry.listFeedback('wood', { limit: 10 });
    expect(feedback).toMatchObject([{ label: 'bad' }]);
  });

  it('works by keyboard alone', async () => {
    const page = await open();
    // Before any key, or the dialog may open before anyone listens.
    const chooser = page.waitForEvent('filechooser');
    await page.locator('#inspection').waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(
        'document.activeElement.id || document.activeElement.className || document.activeElement.textContent',
      );
    const tabTo = async (id: string): Promise<void> => {
      for (let i = 0; i < 40 && (await focused()) !== id; i++) await page.keyboard.press('Tab');
      expect(await focused()).toBe(id);
    };
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('skip');
    await page.keyboard.press('Enter');
    await tabTo('files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    await tabTo('threshold');
    await page.keyboard.press('Home');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('2 bad'));
    await page.keyboard.press('End');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('2 good'));
    await tabTo('threshold-reset');
    await page.keyboard.press('Enter');
    await tabTo('quiet remove');
    await page.keyboard.press('Enter');
    await wait(async () => (await page.locator('.card').count()) === 1);
    expect(await focused()).toBe('quiet remove');
  });

  it('takes images by drop and by paste', async () => {
    const page = await open();
    await page.locator('#inspection').waitFor();
    const [image] = await images(1);
    const send = (type: 'drop' | 'paste', name: string): Promise<unknown> =>
      page.evaluate(`{
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(${JSON.stringify([...image!.buffer])});
        transfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: 'image/png' }));
        dispatchEvent('${type}' === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer })
          : new ClipboardEvent('paste', { clipboardData: transfer }));
      }`);
    await send('drop', 'dropped.png');
    await send('paste', 'pasted.png');
    await page.locator('.verdict').nth(1).waitFor();
    expect(await page.locator('.file').allTextContents()).toEqual(['dropped.png', 'pasted.png']);
  });

  it('asks for a key when the service does, and goes on with it', async () => {
    const locked = await startServiceForPage({ key: 'right', training: false });
    try {
      const page = await open('/', locked);
      await page.locator('#key-panel').waitFor();
      await page.locator('#key').fill('wrong');
      await page.keyboard.press('Enter');
      await wait(async () => /does not accept/.test((await page.locator('#key-note').textContent()) ?? ''));
      await page.locator('#key').fill('right');
      await page.keyboard.press('Enter');
      await page.locator('#inspection').waitFor();
      expect(await page.locator('#key-panel').isHidden()).toBe(true);
      await page.setInputFiles('#files', await images(1));
      await page.locator('.verdict').waitFor();
      expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
      await page.reload();
      await page.locator('#inspection').waitFor();
      await page.context().close();
    } finally {
      await locked.close();
    }
  });

  it('tells what to do when there are no detectors', async () => {
    const empty = await startServiceForPage({ empty: true, training: false });
    try {
      const page = await open('/', empty);
      await page.locator('#no-detectors').waitFor();
      await page.locator('#no-training').waitFor();
      expect(await page.locator('#no-detectors').innerText()).toMatch(/No detectors yet.*cflow train/s);
      await page.context().close();
    } finally {
      await empty.close();
    }
  });

  it('starts a job and watches it across a broken connection', async () => {
    const page = await open();
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
    expect(complaints.splice(0).every((text) => text.includes('net::ERR'))).toBe(true);

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
    const page = await open();
    // The answer to the first request is lost on its way.
    let lost = 0;
    await page.route('**/v1/jobs', async (route) => {
      if (route.request().method() !== 'POST' || lost > 0) return route.continue();
      lost++;
      await route.fetch();
      await route.abort();
    });
    await page.locator('#folder').setInputFiles(folder);
    await wait(async () =>
      /^2 images, .*; 1 other file left out$/.test((await page.locator('#data-set').textContent()) ?? ''),
    );
    await page.locator('#job-name').fill('oak');
    const before = (await service.jobs.list({ limit: 200 })).jobs.length;
    const uploads = service.requests.filter((request) => request === 'POST /v1/data-sets').length;
    await page.locator('#start').click();
    await page.locator('#train-problem .problem').waitFor();
    expect(await page.locator('#train-problem').textContent()).toContain('does not answer');
    expect(complaints.splice(0).every((text) => text.includes('ERR_FAILED'))).toBe(true);
    await page.locator('#start').click();
    await page.locator('.job').waitFor();
    const { jobs } = await service.jobs.list({ limit: 200 });
    expect(jobs.length - before).toBe(1);
    expect(service.requests.filter((request) => request === 'POST /v1/data-sets').length - uploads).toBe(1);
    const unpacked = unzipSync(await service.upload((jobs[0]!.request.dataSet as { path: string }).path));
    expect(Object.keys(unpacked).sort()).toEqual(['good/part-0.png', 'good/part-1.png']);
    expect(Buffer.from(unpacked['good/part-1.png']!)).toEqual((await images(2))[1]!.buffer);
  });

  it.each([
    ['light', 1200],
    ['dark', 360],
  ] as const)('fits and can be read: %s, %i px wide', async (colorScheme, width) => {
    const page = await open('/', service, { colorScheme, viewport: { width, height: 800 } });
    await page.setInputFiles('#files', await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(19, 22, 25)' : 'rgb(247, 247, 245)');
    // Whatever can be used has a name for those who cannot see it.
    expect(
      await page.evaluate(
        `[...document.querySelectorAll('input, select, button')].filter((node) =>
          !node.labels?.length && !node.textContent.trim() && !node.getAttribute('aria-label')).map((node) => node.outerHTML)`,
      ),
    ).toEqual([]);
  });

  it('makes a reference of the OpenAPI file, with search and addresses', async () => {
    const page = await open('/docs', service, { viewport: { width: 360, height: 800 } });
    await page.locator('#operation-predict').waitFor();
    const predict = page.locator('#operation-predict');
    expect(await predict.locator('.route').innerText()).toMatch(
      /POST\s+\/v1\/detectors\/\{detector\}\/predict/,
    );
    expect(await predict.locator('pre').last().innerText()).toContain('--data-binary @part.png');
    expect(await predict.locator('.responses').textContent()).toContain('429');
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.locator('#search').fill('cancel job');
    await page.locator('#operation-predict').waitFor({ state: 'hidden' });
    expect(await page.locator('#operation-cancelJob').isVisible()).toBe(true);
    await page.locator('#search').fill('no such words');
    await wait(async () => /Nothing/.test((await page.locator('#found').textContent()) ?? ''));
  });
});
