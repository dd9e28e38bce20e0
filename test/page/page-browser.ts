import { existsSync } from 'node:fs';
import { testImages } from '@cflow/detector/testing';
import type { RgbImage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there are no tests of the page here, as an end of their title; empty where there are. */
export const noChromium: string = existsSync(CHROMIUM) ? '' : ` (skipped: there is no ${CHROMIUM})`;

export interface PageBrowserOptions {
  /** WebGPU on a software driver. Default false: there is no adapter. */
  webgpu?: boolean;
  /** A camera that shows a moving figure. Default false: there is none. */
  camera?: boolean;
}

/** What the console and the page complained of since it was last looked at. */
export interface Complaints {
  take(): string[];
}

/** A headless Chromium, and the service's page in it. */
export class PageBrowser implements Complaints {
  readonly #browser: Browser;
  #complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start({ webgpu = false, camera = false }: PageBrowserOptions = {}): Promise<PageBrowser> {
    const args = [
      '--no-sandbox',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-sync',
      '--disable-component-update',
      '--disable-quic',
      ...(webgpu
        ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']
        : []),
      ...(camera ? ['--use-fake-device-for-media-stream'] : []),
    ];
    return new PageBrowser(await chromium.launch({ executablePath: CHROMIUM, args }));
  }

  /** Opens a page of the service until the end of the test, and waits for its first content. */
  async open(
    at: { address: string },
    {
      path = '/',
      prepare,
      order = 'added',
      ...options
    }: BrowserContextOptions & { path?: string; prepare?: string; order?: 'added' | 'worst' } = {},
  ): Promise<Page> {
    const context = await this.#browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    if (prepare) await page.addInitScript(prepare);
    page.on('pageerror', (error) => this.#complaints.push(error.message));
    page.on('console', (message) => {
      // Chromium logs each refusal of the service; that is what the page shows in words.
      if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text()))
        this.#complaints.push(message.text());
    });
    await page.goto(at.address + path);
    await page
      .locator(
        '#inspection, #no-detectors, #key-panel, #reference article, #train h1, #review select, #detectors select, #line select',
      )
      .locator('visible=true')
      .first()
      .waitFor();
    // Cards stay where they were put, so that a test can count them.
    await page.evaluate(
      `{ const order = document.getElementById('order'); if (order) order.value = '${order}'; }`,
    );
    return page;
  }

  take(): string[] {
    return this.#complaints.splice(0);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** Goes to another view of the page. */
export function goTo(page: Page, view: 'inspect' | 'review' | 'detectors' | 'train'): Promise<void> {
  return page.locator(`nav a[data-view="${view}"]`).click();
}

export interface ImageFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export async function imageFile(name: string, image: RgbImage): Promise<ImageFile> {
  return { name, mimeType: 'image/png', buffer: Buffer.from(await encodePng(image)) };
}

/** Good parts of the detector `wood`. */
export function images(count: number): Promise<ImageFile[]> {
  return Promise.all(testImages(count, 200).map((image, i) => imageFile(`part-${i}.png`, image)));
}

export async function wait(condition: () => unknown, timeout = 15_000): Promise<void> {
  await expect.poll(condition, { timeout, interval: 20 }).toBeTruthy();
}

/** What has the keyboard's focus. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(
    'document.activeElement.id || document.activeElement.className || document.activeElement.textContent',
  );
}

/** Presses Tab until something has the focus, and sees that it is visible there. */
export async function tabTo(page: Page, id: string, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 80 && (await focused(page)) !== id; i++) await page.keyboard.press(key);
  expect(await focused(page)).toBe(id);
  // The outline is on the thing itself, or on what stands for it: its label.
  const outlined = await page.evaluate(
    `[document.activeElement, ...(document.activeElement.labels ?? [])].some(
      (node) => getComputedStyle(node).outlineStyle !== 'none')`,
  );
  expect(outlined, `outline of ${id}`).toBe(true);
}
