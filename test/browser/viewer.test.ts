import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { testImage } from '@cflow/detector/testing';
import type { CflowViewer, ViewerPrediction } from '@cflow/viewer';
import { encodePng } from '@cflow/visual/node';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { PageServer } from './page-server.js';

const DIST = new URL('../../packages/viewer/dist/', import.meta.url);

declare global {
  var viewer: CflowViewer;
  var moved: number[];
}

/** A map of 20 x 10 with the same value everywhere but on a square of 4 x 4. */
function prediction(
  ground: number,
  square: number,
  score = Math.max(ground, square),
): Omit<ViewerPrediction, 'map'> & { values: number[] } {
  const values = Array.from({ length: 200 }, (_, i) => {
    const [x, y] = [i % 20, Math.floor(i / 20)];
    return x >= 8 && x < 12 && y >= 3 && y < 7 ? square : ground;
  });
  return { score, threshold: 2, pixelThreshold: 2, values };
}

describe.skipIf(missingChromium)(`<cflow-viewer> ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  beforeAll(async () => {
    server = await new PageServer().start();
    server.files.set('/image.png', await encodePng(testImage(3, 200, 100)));
    for (const name of ['index.js', 'react.js'])
      server.files.set(`/viewer/${name}`, await readFile(new URL(name, DIST)));
    browser = await startChromium({ webgpu: false });
    page = await browser.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    await page.goto(server.origin);
    await page.evaluate(`import('/viewer/index.js')`);
    await page.evaluate(() => {
      globalThis.moved = [];
      globalThis.viewer = document.createElement('cflow-viewer') as CflowViewer;
      viewer.src = '/image.png';
      viewer.alt = 'part.png';
      viewer.addEventListener('cflow-threshold', ({ detail }) => moved.push(detail.threshold));
      document.body.style.margin = '0';
      document.body.append(viewer);
    });
  });

  /** Shows a prediction, and gives what is seen: how much of the map is painted and in which colors, and the words. */
  async function shown(
    given: ReturnType<typeof prediction>,
    properties: Partial<Pick<CflowViewer, 'colors' | 'regions' | 'threshold' | 'pixelThreshold'>> = {},
  ) {
    return page.evaluate(
      ([{ values, ...rest }, more]) => {
        viewer.prediction = { ...rest, map: { width: 20, height: 10, data: Float32Array.from(values) } };
        Object.assign(viewer, more);
        viewer.update();
        const root = viewer.shadowRoot!;
        const canvas = root.querySelector('canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        const pixels = Array.from({ length: data.length / 4 }, (_, i) => [
          ...data.subarray(i * 4, i * 4 + 4),
        ]);
        const seen = pixels.filter((pixel) => pixel[3]! > 0);
        return {
          share: seen.length / pixels.length,
          strongest: seen.sort((a, b) => b[3]! - a[3]!)[0],
          words: root.querySelector('.stage')!.getAttribute('aria-label'),
          lines: [...root.querySelectorAll('.lines > :not(.under)')].map((node) => node.tagName),
          label: viewer.label,
          found: viewer.found.length,
        };
      },
      [given, properties] as const,
    );
  }

  it('leaves a good picture as it was photographed, and red where it is above the threshold', async () => {
    expect(await shown(prediction(0, 1.9))).toMatchObject({ share: 0, lines: [], words: 'part.png: good' });
    const bad = await shown(prediction(0, 4));
    expect(bad).toMatchObject({ share: 0.08, lines: ['path'], words: 'part.png: bad, 1 region', found: 1 });
    const [red, green, blue] = bad.strongest!;
    expect(red! - Math.max(green!, blue!)).toBeGreaterThan(120);
  });

  it('shows a part that is anomalous all over as that, and a flat one as nothing', async () => {
    expect(await shown(prediction(5, 5))).toMatchObject({
      share: 1,
      words: 'part.png: bad, anomalous all over',
    });
    expect(await shown(prediction(1.5, 1.5))).toMatchObject({ share: 0, words: 'part.png: good' });
  });

  it('marks the highest place of a bad part of which none stands out', async () => {
    expect(await shown(prediction(0, 1, 7))).toMatchObject({
      share: 0,
      lines: ['ellipse'],
      words: 'part.png: bad as a whole, no single place stands out',
    });
  });

  it('takes another threshold, other colors and other marks', async () => {
    expect(await shown(prediction(0, 1.9), { threshold: 1.5 })).toMatchObject({ share: 0.08, label: 'bad' });
    expect(await shown(prediction(0, 4), { threshold: 5 })).toMatchObject({ share: 0, label: 'good' });
    const blue = await shown(prediction(0, 4), { threshold: 2, colors: 'blue', regions: 'boxes' });
    expect(blue.lines).toEqual(['rect']);
    expect(blue.strongest![2]).toBeGreaterThan(blue.strongest![0]!);
    expect((await shown(prediction(0, 1), { colors: 'spectrum' })).share).toBe(1);
    expect(await shown(prediction(0, 4), { colors: 'no such' as 'red', regions: 'none' })).toMatchObject({
      share: 0.08,
      lines: [],
    });
  });

  it('tells of a threshold that was moved, compares, and zooms by keys and wheel', async () => {
    await shown(prediction(0, 3));
    await page.evaluate(() => {
      viewer.controls = true;
      viewer.legend = true;
    });
    await page.getByRole('slider', { name: 'Threshold' }).fill('1000');
    expect(await page.evaluate(() => [viewer.label, moved.length])).toEqual(['good', 1]);
    await page.getByRole('button', { name: /^Reset/ }).click();
    expect(await page.evaluate(() => [viewer.label, moved[1]])).toEqual(['bad', 2]);
    expect(await page.locator('.legend').innerText()).toMatch(
      /Bad, 1 region\s+anomalous, from 2 to 4 and more/,
    );
    await page.getByRole('button', { name: /^Compare/ }).click();
    await page.getByRole('slider', { name: 'Before and after' }).fill('250');
    expect(await page.locator('.over').evaluate((node) => getComputedStyle(node).clipPath)).toContain('25%');
    const width = (): Promise<number> =>
      page.locator('.picture').evaluate((node) => Math.round(node.getBoundingClientRect().width));
    const before = await width();
    await page.locator('.stage').focus();
    await page.keyboard.press('+');
    expect(await width()).toBe(Math.round(before * 1.5));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('0');
    expect(await width()).toBe(before);
    await page.locator('.stage').hover();
    // The wheel alone is the page's.
    await page.mouse.wheel(0, -200);
    expect(await width()).toBe(before);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -200);
    await page.keyboard.up('Control');
    await expect.poll(width).toBeGreaterThan(before);
  });

  it('takes a file, and a canvas or video as its content; says so where a file cannot be shown', async () => {
    const ratio = (): Promise<number> =>
      page.locator('.stage').evaluate((node) => node.clientWidth / node.clientHeight);
    await page.evaluate(async () => {
      viewer.src = await (await fetch('/image.png')).blob();
    });
    await expect.poll(ratio).toBeCloseTo(2, 1);
    await page.evaluate(() => {
      viewer.src = new Blob(['not a picture']);
      viewer.prediction = {
        score: 1,
        threshold: 2,
        pixelThreshold: 2,
        original: { width: 300, height: 100 },
      };
    });
    await expect.poll(ratio).toBeCloseTo(3, 1);
    expect(await page.locator('.note').innerText()).toContain('cannot show this kind of file');
    await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 400;
      canvas.height = 100;
      viewer.src = undefined;
      viewer.prediction = undefined;
      viewer.append(canvas);
    });
    await expect.poll(ratio).toBeCloseTo(4, 1);
  });

  it('is a component for React as well', async () => {
    const script = await build({
      stdin: {
        contents: `
          import { createElement, useState } from 'react';
          import { createRoot } from 'react-dom/client';
          import { Viewer } from '@cflow/viewer/react';
          const prediction = { score: 3, threshold: 2, pixelThreshold: 2 };
          function App() {
            const [threshold, setThreshold] = useState(2);
            return createElement(Viewer, {
              src: '/image.png', alt: 'part', prediction, threshold, controls: true, className: 'mine',
              onThreshold: (value) => { document.title = String(value); setThreshold(value); },
            });
          }
          viewer.remove();
          createRoot(document.body.appendChild(document.createElement('main'))).render(createElement(App));`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      write: false,
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    await page.addScriptTag({ content: script.outputFiles[0]!.text });
    await page.locator('cflow-viewer.mine').waitFor();
    await page.getByRole('slider', { name: 'Threshold' }).fill('1000');
    await expect.poll(() => page.title()).toBe('4');
    await expect.poll(() => page.locator('.stage').getAttribute('aria-label')).toBe('part: good');
  });
});

it('can be imported where there is no browser', async () => {
  const { CflowViewer } = await import('@cflow/viewer');
  expect(CflowViewer.observedAttributes).toContain('threshold');
});
