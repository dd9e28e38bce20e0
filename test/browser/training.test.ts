import { sha256Hex } from '@cflow/detector';
import { makeBundle } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { unzipSync } from 'fflate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stripedPart } from '../support/striped-part.js';
import { missingChromium, startChromium } from './chromium.js';
import { PageServer } from './page-server.js';

describe.skipIf(missingChromium)(`training in Chromium ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;

  beforeAll(async () => {
    server = await new PageServer().start();
    server.addBundle('tiny', await makeBundle());
    for (let i = 0; i < 16; i++) server.files.set(`/good/${i}.png`, await encodePng(stripedPart(i)));
    for (let i = 0; i < 3; i++) server.files.set(`/bad/${i}.png`, await encodePng(stripedPart(50 + i, true)));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('trains on twelve images so that defects score above good ones, and gives a bundle to keep', async () => {
    const page = await browser.newPage();
    await page.goto(server.origin);
    const told = await page.evaluate(async () => {
      const tasks: number[] = [];
      const observer = new PerformanceObserver((list) => {
        tasks.push(...list.getEntries().map(({ duration }) => duration));
      });
      observer.observe({ type: 'longtask' });
      const fetched = async (path: string) => (await fetch(path)).blob();
      const good = await Promise.all(Array.from({ length: 16 }, (_, i) => fetched(`/good/${i}.png`)));
      const bad = await Promise.all(Array.from({ length: 3 }, (_, i) => fetched(`/bad/${i}.png`)));
      const { trainDetector } = globalThis.local;
      const events: string[] = [];
      const trained = await trainDetector(good.slice(0, 12), {
        from: '/tiny/',
        name: 'striped',
        device: 'wasm',
        overrides: { epochs: 40 },
        onProgress: (each) => events.push(each.stage === 'training' ? each.event.type : each.stage),
      });
      const detector = await trained.load({ device: 'wasm' });
      const scores = async (files: Blob[]) => (await detector.predictBatch(files)).map(({ score }) => score);
      const result = {
        name: detector.name,
        version: detector.version,
        good: await scores(good.slice(12)),
        bad: await scores(bad),
        events: [...new Set(events)],
        files: [...trained.files.keys()],
        manifest: await trained.files.get('manifest.json')!.text(),
        zip: [...new Uint8Array(await (await trained.toBlob()).arrayBuffer())],
        tasks,
      };
      await detector.dispose();
      observer.disconnect();
      return result;
    });
    expect(Math.min(...told.bad)).toBeGreaterThan(Math.max(...told.good));
    expect(told.name).toBe('striped');
    expect(told.version).toBe(await sha256Hex(new TextEncoder().encode(told.manifest)));
    expect(told.events).toEqual(
      expect.arrayContaining(['downloading', 'start', 'features', 'epoch', 'done']),
    );
    const unpacked = unzipSync(Uint8Array.from(told.zip));
    expect(Object.keys(unpacked).sort()).toEqual([...told.files].sort());
    expect(new TextDecoder().decode(unpacked['manifest.json'])).toBe(told.manifest);
    console.log(`long tasks (above 50 ms) of the page's main thread while training: ${told.tasks.length}`);
    expect(told.tasks).toEqual([]);
    await page.close();
  });

  it('stops when it is told to', async () => {
    const page = await browser.newPage();
    await page.goto(server.origin);
    const error = await page.evaluate(async () => {
      const controller = new AbortController();
      const images = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => (await fetch(`/good/${i}.png`)).blob()),
      );
      return globalThis.local
        .trainDetector(images, {
          from: '/tiny/',
          name: 'striped',
          device: 'wasm',
          signal: controller.signal,
          onProgress: ({ stage }) => stage === 'training' && controller.abort(),
        })
        .catch(({ name }: Error) => name);
    });
    expect(error).toBe('AbortedError');
    await page.close();
  });
});
