// Runs inside the page: the part that every test of the local detector needs there.
import type * as Local from '@cflow/sdk/local';
import type { LoadDetectorOptions, LocalDetector, Notice, Progress } from '@cflow/sdk/local';
import type { Page } from 'playwright-core';

/** What a page tells of a detector that it loaded and scored with. */
export interface Told {
  name: string;
  version: string;
  device: string;
  threads: number;
  refused: readonly { device: string; reason: string }[];
  notices: readonly Notice[];
  progress: Progress[];
  predictions: {
    score: number;
    label: string;
    map: number[];
    device: string;
    where: string;
    regions: unknown[];
    original: { width: number; height: number };
  }[];
}

/** What a page tells of an error. */
export interface ToldError {
  name: string;
  code: string;
  message: string;
  details: Record<string, unknown>;
}

declare global {
  // Kept on the page between two calls of a test.
  var detector: LocalDetector;
  var progress: Progress[];
  var local: typeof Local;
}

/** Loads a detector in the page and keeps it there as `detector`. */
export async function load(
  page: Page,
  url: string,
  options: Omit<LoadDetectorOptions, 'onProgress' | 'signal'> = {},
): Promise<void> {
  await page.evaluate(
    async ([address, given]) => {
      const progress: Progress[] = [];
      globalThis.progress = progress;
      globalThis.detector = await globalThis.local.loadDetector(address, {
        ...given,
        onProgress: (each) => progress.push(each),
      });
    },
    [url, options] as const,
  );
}

/** Scores images with the page's `detector`. */
export function score(page: Page, images: readonly string[]): Promise<Told> {
  return page.evaluate(async (paths) => {
    const { detector, progress } = globalThis;
    const files = await Promise.all(paths.map(async (path) => (await fetch(path)).blob()));
    const predictions = await detector.predictBatch(files, { map: true, pixelThreshold: 0 });
    const { name, version, device, threads, refused, notices } = detector;
    return {
      ...{ name, version, device, threads, refused, notices, progress },
      predictions: predictions.map(({ score, label, map, where, regions = [], original, ...rest }) => ({
        ...{ score, label, where, regions, original },
        map: [...(map?.data ?? [])],
        device: rest.detector.device,
      })),
    };
  }, images);
}

/** The error that loading gives. */
export function loadError(page: Page, url: string, options: LoadDetectorOptions = {}): Promise<ToldError> {
  return page.evaluate(
    async ([address, given]) => {
      const { loadDetector, CflowError } = globalThis.local;
      try {
        await loadDetector(address, given);
      } catch (error) {
        if (!CflowError.isInstance(error)) throw error;
        const { name, code, message, details } = error;
        return { name, code, message, details: { ...details } };
      }
      throw new Error('the bundle was loaded');
    },
    [url, options] as const,
  );
}
