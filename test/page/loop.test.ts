// The whole loop in the page, with a real service and a real worker: see, decide, correct, retrain, compare, promote. With
// FILM set, its stills go to docs/images.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RgbImage } from '@cflow/spec';
import { planDataSet } from '@cflow/synth';
import { zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../functions/train/src/testing/temporary-folder.js';
import { startTrainWorker, type TrainWorker } from '../../functions/train/src/work/start-train-worker.js';
import { inspectDataSet } from '../../packages/cli/src/commands/serve/inspect-data-set.js';
import { findings } from './axe.js';
import { goTo, type ImageFile, imageFile, noChromium, PageBrowser, wait } from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

const STILLS = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const root = temporaryFolder();
const nothing = (): void => undefined;

/** Pictures of wood: to train on, good ones to look at, and bad ones. Those of a film are such that something is found in them. */
function pictures(): { train: RgbImage[]; good: RgbImage[]; bad: RgbImage[] } {
  const [trainCount, side] = process.env.FILM === undefined ? [24, 64] : [80, 192];
  const plan = planDataSet({
    materials: ['wood'],
    trainCount,
    testGoodCount: 2,
    perDefectCount: 1,
    size: { width: side, height: side },
    seed: 0,
  });
  const of = (part: RegExp): RgbImage[] =>
    plan.filter(({ path }) => part.test(path)).map(({ render }) => render().image);
  return { train: of(/train\/good/), good: of(/test\/good/), bad: of(/test\/(?!good)/).slice(0, 2) };
}

const files = (name: string, images: readonly RgbImage[]): Promise<ImageFile[]> =>
  Promise.all(images.map((image, i) => imageFile(`${name}-${i}.png`, image)));

describe.skipIf(noChromium !== '')(`the loop in the page${noChromium}`, () => {
  let service: ServiceForPage;
  let worker: TrainWorker;
  let browser: PageBrowser;

  beforeAll(async () => {
    service = await startServiceForPage({
      empty: true,
      inspectDataSet: (path, objects, signal) => inspectDataSet(path, { objects, workFolder: root, signal }),
    });
    const { jobs, objects, registry } = service;
    worker = await startTrainWorker({
      ...{ jobs, objects, registry, workFolder: root, device: 'cpu', threads: 2, concurrency: 1 },
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    });
    browser = await PageBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
    await service?.close();
  });

  it('goes from good pictures to a better version in production, and back', async () => {
    const page = await browser.open(service, { path: '/#train', viewport: { width: 1280, height: 900 } });
    let still = 0;
    const look = async (name: string): Promise<void> => {
      expect(await findings(page), name).toEqual([]);
    };
    const keep = async (name: string): Promise<void> => {
      await look(name);
      if (process.env.FILM === undefined) return;
      const path = join(STILLS, `loop-${++still}-${name}.jpg`);
      await page.screenshot({ path, type: 'jpeg', quality: 70 });
    };
    const { train, good, bad } = pictures();
    const archive = zipped(await files('wood', train));
    await page.setInputFiles('#zip', archive);
    await page.locator('.understood').getByText(String(train.length)).first().waitFor();
    await keep('train');
    await page.locator('#job-name').fill('wood');
    await page.locator('#start').click();
    await ended(page);
    await page.locator('.job details.report summary').first().click();
    await page.locator('.job .report-view').waitFor();
    await look('report');
    await page.setViewportSize({ width: 360, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    const first = await service.registry.resolve('wood', 'latest');
    await page.getByRole('button', { name: 'Inspect with wood' }).click();
    await wait(() => new URL(page.url()).hash === '#inspect/wood@latest');

    await page.setInputFiles('#files', [...(await files('good', good)), ...(await files('bad', bad))]);
    await page.locator('.verdict').nth(3).waitFor();
    await keep('inspect');

    await goTo(page, 'review');
    await page.locator('#keep-images').check();
    await page.locator('.keep button').click();
    await wait(async () => (await service.registry.settings('wood')).keepImageDays === 90);
    await goTo(page, 'inspect');
    for (const name of ['good-0.png is actually good', 'good-1.png is actually good']) {
      await page.getByRole('button', { name }).click();
    }
    for (const name of ['bad-0.png', 'bad-1.png']) {
      await page.getByRole('button', { name: `Draw where ${name} is bad` }).click();
      await page.locator('#mark[open]').waitFor();
      const { x, y, width, height } = (await page.locator('.drawing').boundingBox())!;
      await page.mouse.move(x + width * 0.45, y + height * 0.45);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.55, y + height * 0.6);
      await page.mouse.up();
      if (name === 'bad-0.png') await keep('mark');
      await page.locator('#mark').getByRole('button', { name: 'Bad', exact: true }).click();
    }
    await wait(async () => (await page.locator('.choice[aria-pressed="true"]').count()) === 4);
    await page.locator('#false-alarm-rate').fill('5');
    await page.locator('#false-alarm-rate').press('Tab');
    await page.locator('#threshold-save').click();
    await wait(async () => (await service.registry.settings('wood')).revision === 2);
    expect(await service.registry.settings('wood')).toMatchObject({ keepImageDays: 90, version: first });

    await goTo(page, 'review');
    await page.locator('.kept img').nth(3).waitFor();
    await keep('review');
    const { feedback } = await service.registry.listFeedback('wood', { limit: 9 });
    expect(feedback.map(({ label, image, regions }) => [label, !!image, !!regions]).sort()).toEqual([
      ['bad', true, true],
      ['bad', true, true],
      ['good', true, false],
      ['good', true, false],
    ]);
    await page.getByRole('button', { name: 'Train a better version' }).click();
    await wait(() => /^#train\/[0-9a-f-]{36}$/.test(new URL(page.url()).hash));
    await page.locator('.comparison').waitFor({ timeout: 120_000 });
    const comparison = await page.locator('.comparison').innerText();
    expect(comparison).toContain('bad parts found, of 2');
    await keep('compare');
    await page.getByRole('button', { name: 'Use it in production' }).click();
    const candidate = await service.registry.resolve('wood', 'candidate');
    await wait(async () => (await service.registry.aliases('wood')).production === candidate);
    expect(candidate).not.toBe(first);

    await goTo(page, 'detectors');
    await page.getByRole('button', { name: 'Compare on the pictures in Inspect' }).click();
    await page.locator('.compare tbody tr').nth(3).waitFor();
    await keep('detectors');
    await page.getByRole('button', { name: `Use in production: version ${first.slice(0, 12)}` }).click();
    await wait(async () => (await service.registry.resolve('wood', 'production')) === first);

    await page.getByRole('button', { name: 'Use the first one in Inspect' }).click();
    await page.locator('.ignore .drawing').waitFor();
    const { x, y, width, height } = (await page.locator('.ignore .drawing').boundingBox())!;
    await page.mouse.move(x + 2, y + 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.2, y + height * 0.2);
    await page.mouse.up();
    await page.getByRole('button', { name: 'Save ignored regions' }).click();
    await wait(async () => (await service.registry.settings('wood')).ignore?.outlines.length === 1);
    await look('ignore');

    await page.locator('#shadow-reference').selectOption('candidate');
    await page.locator('.shadow').getByRole('button', { name: 'Save' }).click();
    await wait(async () => (await service.registry.settings('wood')).shadow?.reference === 'candidate');
    await goTo(page, 'inspect');
    await page.getByRole('button', { name: 'Score all again' }).click();
    await page.locator('.verdict').nth(3).waitFor();
    await goTo(page, 'detectors');
    // It scores when nobody waits, and what it was told is read again after a few seconds.
    await wait(async () => {
      await page.locator('.shadow').getByRole('button', { name: 'Refresh' }).click();
      return /Scored by both\s+[1-9]/.test(await page.locator('.shadow').innerText());
    }, 60_000);
    await page.locator('.shadow').scrollIntoViewIfNeeded();
    await keep('beside');
    expect(browser.take()).toEqual([]);
  }, 300_000);
});

async function ended(page: Page): Promise<void> {
  await page.locator('.job .chip.succeeded').waitFor({ timeout: 120_000 });
}

function zipped(images: readonly ImageFile[]): ImageFile {
  const content = Object.fromEntries(images.map(({ name, buffer }) => [`train/good/${name}`, buffer]));
  return { name: 'wood.zip', mimeType: 'application/zip', buffer: Buffer.from(zipSync(content)) };
}
