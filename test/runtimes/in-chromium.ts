import { launchChromium } from '../support/chromium.js';
import type { ScoredFile, Work } from './score-files.js';
import { servePage } from './serve-page.js';

export interface ChromiumScorer {
  /** `ownJpeg`: JPEG by the browser's decoder instead of ours. */
  score(device: 'wasm' | 'webgpu', ownJpeg?: boolean): Promise<ScoredFile[]>;
  close(): Promise<void>;
}

/** A page in headless Chromium that scores the work. */
export async function openChromium(work: Work): Promise<ChromiumScorer> {
  const server = await servePage(work, ['page']);
  const browser = await launchChromium().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    async score(device, ownJpeg = false) {
      // A page each: one module of the engine does not see what another did.
      const page = await browser.newPage();
      try {
        await page.goto(server.origin);
        await page.waitForFunction('"score" in globalThis');
        return (await page.evaluate(`score('${device}', ${ownJpeg})`)) as ScoredFile[];
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
