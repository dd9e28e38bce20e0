import { testImage } from '@cflow/detector/testing';
import type * as Drawing from '@cflow/sdk/drawing';
import type { RgbImage } from '@cflow/spec';
import { contours, drawContours, overlay, renderHeatMap } from '@cflow/visual';
import { encodePng } from '@cflow/visual/node';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { PageServer } from './page-server.js';

declare global {
  var drawing: typeof Drawing;
}

const WIDTH = 60;
const HEIGHT = 40;
const image = testImage(3, WIDTH, HEIGHT);
// A hill, at a third of the image's size.
const map = {
  width: 20,
  height: 14,
  data: Float32Array.from(
    { length: 280 },
    (_, i) => 4 * Math.exp(-(((i % 20) - 9) ** 2 + (i / 20 - 6) ** 2) / 20),
  ),
};

describe.skipIf(missingChromium)(`drawing on a canvas ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  beforeAll(async () => {
    server = await new PageServer().start();
    server.files.set('/image.png', await encodePng(image));
    browser = await startChromium({ webgpu: false });
    page = await browser.newPage();
    await page.goto(server.origin);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Runs a drawing on a canvas with the image on it, and gives the canvas' RGB bytes. */
  async function drawn(name: 'overlay' | 'heat map' | 'contours' | 'regions' | 'nothing'): Promise<RgbImage> {
    const data = await page.evaluate(
      async ([what, { width, height, values }]) => {
        const picture = await createImageBitmap(await (await fetch('/image.png')).blob(), {
          colorSpaceConversion: 'none',
        });
        const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d')!;
        context.drawImage(picture, 0, 0);
        const { drawing } = globalThis;
        const hill = { width, height, data: Float32Array.from(values) };
        if (what === 'overlay') drawing.drawOverlay(context, hill, { max: 4, threshold: 0.5 });
        if (what === 'heat map') context.putImageData(drawing.heatMapPixels(hill, { max: 3 }), 0, 0);
        if (what === 'contours') drawing.drawContours(context, hill, 2, { color: 'rgb(255, 255, 255)' });
        if (what === 'regions') {
          drawing.drawRegions(context, [{ box: { x: 5, y: 4, width: 6, height: 5 } }], hill, {
            color: 'red',
          });
        }
        const rgba = context.getImageData(0, 0, picture.width, picture.height).data;
        return [...rgba.filter((_, i) => i % 4 !== 3)];
      },
      [name, { width: map.width, height: map.height, values: [...map.data] }] as const,
    );
    return { width: WIDTH, height: HEIGHT, data: Uint8Array.from(data) };
  }

  it('lays the map over the image with the bytes of the service', async () => {
    expect((await drawn('nothing')).data).toEqual(image.data);
    expect((await drawn('overlay')).data).toEqual(
      overlay(image, map, { min: 0, max: 4, threshold: 0.5 }).data,
    );
  });

  it('colors a map with the bytes of the service', async () => {
    const { data } = await drawn('heat map');
    const expected = renderHeatMap(map, { max: 3 }).data;
    for (let y = 0; y < map.height; y++) {
      const row = expected.subarray(y * map.width * 3, (y + 1) * map.width * 3);
      expect(data.subarray(y * WIDTH * 3, y * WIDTH * 3 + row.length)).toEqual(row);
    }
  });

  it('draws contours where the service draws them', async () => {
    const found = await drawn('contours');
    const expected = drawContours(image, contours(map, 2), { from: map, lineWidth: 1.5 });
    const changed = (picture: RgbImage): boolean[] =>
      Array.from(
        { length: WIDTH * HEIGHT },
        (_, i) => Math.abs(picture.data[i * 3]! - image.data[i * 3]!) > 40,
      );
    const [mine, theirs] = [changed(found), changed(expected)];
    const both = mine.filter((each, i) => each && theirs[i]).length;
    expect(both).toBeGreaterThan(0.8 * theirs.filter(Boolean).length);
    expect(both).toBeGreaterThan(0.8 * mine.filter(Boolean).length);
  });

  it('draws frames just outside of boxes', async () => {
    const { data } = await drawn('regions');
    const red = (x: number, y: number): boolean =>
      data[(y * WIDTH + x) * 3]! === 255 && data[(y * WIDTH + x) * 3 + 1]! < 5;
    const top = Math.round((4 * HEIGHT) / map.height);
    expect([red(20, top - 1), red(20, top), red(14, 20), red(15, 20), red(33, 20)]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
