// The one engine of a page. It is the page's, not a caller's: detectors share its worker, its place on the device and the
// backbones that are open there, so the next load must find it again.
import { assetUrls, importableUrl } from './assets.js';
import { EngineLink } from './engine-link.js';
import type { FromEngine, ToEngine } from './protocol.js';
import type { EngineOptions } from './types.js';

/** A use of the engine. */
export interface EngineUse {
  readonly link: EngineLink;
  /** The worker ends with the last use; only that gives all its memory back. May be called again. */
  release(): void;
}

interface Running {
  link: EngineLink;
  end(): void;
}

interface Entry {
  starting: Promise<Running>;
  /** Counted before anything is waited for: an engine that somebody waits for must not be ended. */
  users: number;
}

const engines: Map<string, Entry> = new Map();

/** Takes part in the engine, and starts it when it does not run. */
export async function useEngine(options: EngineOptions): Promise<EngineUse> {
  const { assets, inThisThread = false, loadRuntime } = options;
  const place = inThisThread ? (loadRuntime ? 'thread, own runtime' : 'thread') : 'worker';
  const key = `${place} ${assets ?? ''}`;
  const entry = engines.get(key) ?? {
    starting: inThisThread ? startHere(assets, loadRuntime) : startWorker(assets),
    users: 0,
  };
  engines.set(key, entry);
  entry.users++;
  const forget = (): void => {
    if (engines.get(key) === entry) engines.delete(key);
  };
  const { link, end } = await entry.starting.catch((error: unknown) => {
    forget();
    throw error;
  });
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    entry.users--;
    if (entry.users > 0) return;
    forget();
    end();
  };
  if (!link.broken) return { link, release };
  forget();
  release();
  return useEngine(options);
}

async function startWorker(folder: EngineOptions['assets']): Promise<Running> {
  const assets = assetUrls(folder);
  const worker = new Worker(await importableUrl(assets.worker), { type: 'module', name: 'cflow' });
  const link = new EngineLink((message, transfer) => worker.postMessage(message, transfer));
  worker.addEventListener('message', ({ data }: MessageEvent<FromEngine>) => link.receive(data));
  worker.addEventListener('error', ({ message }) => {
    worker.terminate();
    link.break(
      message ||
        `${assets.worker} could not be started: copy the SDK's dist/assets, and name the folder with the option ` +
          'assets (a page with Cross-Origin-Embedder-Policy needs the header on that file, too)',
    );
  });
  worker.postMessage({ kind: 'start', assets } satisfies ToEngine);
  return { link, end: () => worker.terminate() };
}

async function startHere(
  assets: EngineOptions['assets'],
  loadRuntime: EngineOptions['loadRuntime'],
): Promise<Running> {
  const { engineHere } = await import('./engine/engine-here.js');
  const link = new EngineLink((message) => queueMicrotask(() => take(message)));
  const take = engineHere(
    () => assetUrls(assets),
    (message) => link.receive(message),
    loadRuntime,
  );
  return { link, end: () => undefined };
}
