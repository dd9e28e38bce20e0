import { readFile } from 'node:fs/promises';
import { testImage } from '@cflow/detector/testing';
import type { PredictResponse, RgbImage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findings } from './axe.js';
import { focused, goTo, imageFile, images, noChromium, PageBrowser, tabTo, wait } from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

/** A part that is like none of the good ones. */
function oddPart(): RgbImage {
  const noise = testImage(5, 256, 160);
  for (let y = 50; y < 90; y++) {
    for (let x = 120; x < 170; x++)
      noise.data.set([255 * ((x * y) % 2), 255 * (x % 2), 20], (y * 256 + x) * 3);
  }
  return noise;
}

/** Of each card: the share of the map that is painted. */
function painted(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('.card cflow-viewer')].map((viewer) => {
    viewer.update();
    const { width, height } = viewer.shadowRoot.querySelector('canvas');
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    context.drawImage(viewer.shadowRoot.querySelector('canvas'), 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length / (width * height);
  })`);
}

let browser: PageBrowser;
let service: ServiceForPage;

/** Of what fits a selector, the texts of those that must be scrolled to sideways. */
function outOfSight(page: Page, selector: string): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('${selector}')].filter((node) => node.offsetParent).filter((node) =>
      node.getBoundingClientRect().right > (node.closest('.scroll, nav') ?? document.body).getBoundingClientRect().right + 1)
      .map((node) => node.textContent)`,
  );
}

describe.skipIf(noChromium !== '')(`the page in a browser${noChromium}`, () => {
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

  it('shows predictions, and judges again without asking when the threshold moves', async () => {
    const page = await browser.open(service);
    await page.setInputFiles('#files', await images(3));
    await page.locator('.verdict').nth(2).waitFor();
    const threshold = page.locator('#threshold');
    expect(await page.locator('.card cflow-viewer [role="img"]').first().getAttribute('aria-label')).toBe(
      'part-0.png: good',
    );
    expect(await painted(page)).toEqual([0, 0, 0]);
    expect(await page.locator('#summary').textContent()).toBe('3 images: 0 bad, 3 good');
    await wait(async () =>
      /^(No drift|Scores drift): the last 3 scores are (un)?like those of the \d+ good parts that it was calibrated on$/.test(
        (await page.locator('#drift').textContent()) ?? '',
      ),
    );
    await wait(async () => (await page.locator('#false-alarm-rate').inputValue()) === '1');
    const asked = service.requests.length;

    await threshold.fill('0');
    await wait(async () => (await page.locator('#summary').textContent()) === '3 images: 3 bad, 0 good');
    await wait(async () => (await painted(page)).every((share) => share > 0));
    expect(await page.locator('.card cflow-viewer [role="img"]').first().getAttribute('aria-label')).toMatch(
      /^part-0\.png: bad/,
    );
    expect(await page.locator('.card').first().getAttribute('data-label')).toBe('bad');
    await threshold.fill('1000');
    await wait(async () => (await page.locator('#summary').textContent()) === '3 images: 0 bad, 3 good');
    await wait(async () => (await painted(page)).every((share) => share === 0));
    const before = await page.locator('#threshold-value').textContent();
    await page.locator('#false-alarm-rate').fill('90');
    await page.locator('#false-alarm-rate').press('Tab');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('3 bad'));
    expect(await page.locator('#threshold-value').textContent()).not.toBe(before);
    expect(service.requests.length).toBe(asked);
  });

  it('gives the same label and regions as the service at its threshold', async () => {
    const page = await browser.open(service);
    const body = Buffer.from(await encodePng(oddPart()));
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
    const found = predictions[0]!.regions!.length;
    expect(await page.locator('.regions summary').textContent()).toBe(
      `${found} region${found === 1 ? '' : 's'}`,
    );
    expect(await page.locator('.regions tbody tr').count()).toBe(found);
  });

  it('colors a picture by the detector, whatever else is there', async () => {
    const page = await browser.open(service);
    const [good, odd] = await Promise.all([images(1), imageFile('odd.png', oddPart())]);
    await page.setInputFiles('#files', odd);
    await page.locator('.verdict').waitFor();
    const alone = (await painted(page))[0];
    expect(alone).toBeGreaterThan(0);
    await page.setInputFiles('#files', [...good, await imageFile('noise.png', testImage(77, 90, 70))]);
    await page.locator('.verdict').nth(2).waitFor();
    expect((await painted(page))[0]).toBe(alone);
  });

  it('enlarges a picture, compares it with itself, and takes its threshold for all', async () => {
    const page = await browser.open(service);
    await page.setInputFiles('#files', await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    await page.getByRole('button', { name: 'Enlarge part-1.png' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.locator('#enlarged');
    await dialog.waitFor();
    expect(await dialog.locator('h2').textContent()).toBe('part-1.png');
    await dialog.getByRole('button', { name: /^Compare/ }).click();
    expect(await dialog.getByRole('slider', { name: 'Before and after' }).isVisible()).toBe(true);
    await dialog.getByRole('slider', { name: 'Threshold' }).fill('0');
    await wait(async () => (await page.locator('#summary').textContent()) === '2 images: 2 bad, 0 good');
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: /^Reset/ }).click();
    await wait(async () => (await page.locator('#summary').textContent()) === '2 images: 0 bad, 2 good');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Enlarge part-1.png');
  });

  it('saves a threshold, which the service judges by from then on', async () => {
    const page = await browser.open(service);
    await page.setInputFiles('#files', await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    const save = page.locator('#threshold-save');
    await save.waitFor();
    expect(await save.isDisabled()).toBe(true);
    await page.locator('#threshold').fill('0');
    await wait(async () => /^Not saved: /.test((await page.locator('#threshold-saved').textContent()) ?? ''));
    expect(await page.locator('#threshold-hint').textContent()).toMatch(
      /bad: 2 of the 2 pictures here\. About/,
    );
    await save.click();
    await wait(async () =>
      /^Saved: revision 1 since/.test((await page.locator('#threshold-saved').textContent()) ?? ''),
    );
    const decided = await service.registry.settings('wood');
    expect(decided).toMatchObject({ revision: 1, threshold: expect.any(Number) });
    await page.waitForTimeout(1100);
    await page.locator('#again').click();
    await wait(async () => (await page.locator('#summary').textContent()) === '2 images: 2 bad, 0 good');
    await page.reload();
    await page.setInputFiles('#files', await images(1));
    await wait(async () => (await page.locator('#summary').textContent()) === '1 image: 1 bad, 0 good');
    await service.registry.saveSettings({ name: 'wood' });
    // Of two who decide at once, one is told.
    await page.locator('#threshold').fill('1000');
    await save.click();
    await page.locator('#threshold-problem .problem').waitFor();
    expect(await page.locator('#threshold-problem').textContent()).toMatch(
      /are at revision 2, expected revision 1/,
    );
    await new Promise((wake) => setTimeout(wake, 1100));
  });

  it('goes back to what was decided before, all of it and nothing else', async () => {
    const { registry } = service;
    // A score means something on the scale of a version.
    const version = await registry.resolve('wood', 'latest');
    const earlier = { name: 'wood', threshold: 2, minArea: 7, version };
    const before = await registry.saveSettings(earlier);
    await registry.saveSettings({ name: 'wood', falseAlarmRate: 0.05, keepImageDays: 3 });
    const page = await browser.open(service, { path: '/#detectors' });
    await page.getByRole('button', { name: `Back to this: revision ${before.revision}` }).click();
    await wait(async () => (await registry.settings('wood')).revision === before.revision + 2);
    const { by: _by, at: _at, ...decided } = await registry.settings('wood');
    const note = `back to revision ${before.revision}`;
    expect(decided).toEqual({ ...earlier, revision: before.revision + 2, note });
    await registry.saveSettings({ name: 'wood' });
  });

  it('says in words what cannot be scored, and keeps the rest', async () => {
    const page = await browser.open(service);
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

  it('shows the worst first, counts, filters, goes by keyboard, and saves what it shows', async () => {
    const page = await browser.open(service, { order: 'worst', acceptDownloads: true });
    await page.setInputFiles('#files', [...(await images(2)), await imageFile('odd.png', oddPart())]);
    await page.locator('.verdict').nth(2).waitFor();
    await wait(async () => (await page.locator('.file').first().textContent()) === 'odd.png');
    expect(await page.locator('#verdict').textContent()).toBe('NG');
    await page.locator('#filter').selectOption('good');
    await wait(async () => (await page.locator('.card').locator('visible=true').count()) === 2);
    await page.locator('#filter').selectOption('all');
    await page.getByRole('button', { name: 'Enlarge odd.png' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.ariaLabel')).toMatch(/^Enlarge part-\d\.png$/);
    await page.keyboard.press('u');
    await page.locator('.choice[aria-pressed="true"]').waitFor();
    const { feedback } = await service.registry.listFeedback('wood', { limit: 10 });
    expect(feedback).toMatchObject([{ label: 'unsure' }]);
    await service.registry.deleteFeedback(feedback[0]!);
    const download = page.waitForEvent('download');
    await page.locator('#export').click();
    const lines = (await readFile(await (await download).path(), 'utf8')).split('\r\n');
    expect(lines[0]).toBe('file,label,score,threshold,falseAlarmProbability,regions,detector,version');
    expect(lines[1]).toMatch(/^odd\.png,bad,/);
    expect(lines).toHaveLength(5);
  });

  it('has views with addresses that a reload finds again', async () => {
    const page = await browser.open(service, { path: '/#detectors/wood' });
    await page.locator('.versions tbody tr').first().waitFor();
    await page.reload();
    await page.locator('.versions tbody tr').first().waitFor();
    expect(await page.locator('#inspect').isHidden()).toBe(true);
    expect(await page.title()).toBe('Detectors · CFLOW');
    await goTo(page, 'inspect');
    await page.locator('#reference').selectOption('latest');
    await wait(() => new URL(page.url()).hash === '#inspect/wood@latest');
    await page.reload();
    await wait(async () => (await page.locator('#reference').inputValue()) === 'latest');
    await page.goBack();
    await page.locator('.versions tbody tr').first().waitFor();
  });

  it('takes feedback', async () => {
    const page = await browser.open(service);
    await page.setInputFiles('#files', await images(1));
    await page.getByRole('button', { name: 'part-0.png is actually bad' }).click();
    await page.locator('.choice[aria-pressed="true"]').waitFor();
    const { feedback } = await service.registry.listFeedback('wood', { limit: 10 });
    expect(feedback).toMatchObject([{ label: 'bad' }]);
  });

  it('works by keyboard alone', async () => {
    const page = await browser.open(service);
    // Before any key, or the dialog may open before anyone listens.
    const chooser = page.waitForEvent('filechooser');
    await page.locator('#inspection').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('skip');
    await page.keyboard.press('Enter');
    await tabTo(page, 'files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    await tabTo(page, 'threshold');
    await page.keyboard.press('Home');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('2 bad'));
    await page.keyboard.press('End');
    await wait(async () => (await page.locator('#summary').textContent())?.includes('2 good'));
    await tabTo(page, 'threshold-reset');
    await page.keyboard.press('Enter');
    await tabTo(page, 'quiet remove');
    await page.keyboard.press('Enter');
    await wait(async () => (await page.locator('.card').count()) === 1);
    expect(await focused(page)).toBe('quiet remove');
  });

  it('takes images by drop and by paste', async () => {
    const page = await browser.open(service);
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
      const page = await browser.open(locked);
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
      const page = await browser.open(empty);
      await page.locator('#no-detectors').waitFor();
      await goTo(page, 'train');
      await page.locator('#no-training').waitFor();
      await goTo(page, 'inspect');
      expect(await page.locator('#no-detectors').innerText()).toMatch(/No detectors yet.*cflow train/s);
      await page.context().close();
    } finally {
      await empty.close();
    }
  });

  it.each([
    ['light', 1200],
    ['dark', 360],
  ] as const)('fits and can be read: %s, %i px wide', async (colorScheme, width) => {
    const page = await browser.open(service, { colorScheme, viewport: { width, height: 800 } });
    await page.setInputFiles('#files', await images(2));
    await page.locator('.verdict').nth(1).waitFor();
    await page.setInputFiles('#here-files', await images(12));
    expect(await findings(page)).toEqual([]);
    for (const view of ['review', 'detectors', 'train'] as const) {
      await goTo(page, view);
      await page.locator(`#${view} select`).locator('visible=true').first().waitFor();
      expect(await findings(page), view).toEqual([]);
      if (view === 'detectors') expect(await outOfSight(page, '.versions tbody td')).toEqual([]);
    }
    expect(await outOfSight(page, '.top nav a')).toEqual([]);
    // As it is with the camera on, and whatever is only there at times.
    await page.evaluate(
      `for (const node of document.querySelectorAll('main [hidden]')) node.hidden = false;`,
    );
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
    const page = await browser.open(service, { path: '/docs', viewport: { width: 360, height: 800 } });
    await page.locator('#operation-predict').waitFor();
    const predict = page.locator('#operation-predict');
    expect(await predict.locator('.route').innerText()).toMatch(
      /POST\s+\/v1\/detectors\/\{detector\}\/predict/,
    );
    expect(await predict.locator('pre').last().innerText()).toContain('--data-binary @part.png');
    expect(await predict.locator('.responses').textContent()).toContain('429');
    // As the names of some hosts' headers are.
    await predict
      .locator('> p')
      .first()
      .evaluate((p) => p.append(' X-Amzn-SageMaker-', 'Custom'.repeat(12)));
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.locator('#search').fill('cancel job');
    await page.locator('#operation-predict').waitFor({ state: 'hidden' });
    expect(await page.locator('#operation-cancelJob').isVisible()).toBe(true);
    await page.locator('#search').fill('no such words');
    await wait(async () => /Nothing/.test((await page.locator('#found').textContent()) ?? ''));
  });
});
