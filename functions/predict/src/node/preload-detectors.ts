import type { Inference } from '@cflow/inference';
import { DEFAULT_ALIAS, type Logger } from '@cflow/spec';
import type { Registry } from '@cflow/store';
import { requireReference } from './service-configuration.js';
import type { ServiceReadiness } from './service-readiness.js';

/** Detectors that are loaded without being named, at most: a store may hold thousands. */
const MOST_UNNAMED = 8;

export interface PreloadOptions {
  registry: Registry;
  inference: Inference;
  readiness: ServiceReadiness;
  logger: Logger;
  /** `name` or `name@reference`; `none` for none. Undefined: the bundles given, else those of the store. */
  wanted: readonly string[] | undefined;
  published: readonly string[];
}

/** Loads and warms detectors, one after the other: the second shares the backbone that the first has opened. */
export async function preloadDetectors(options: PreloadOptions): Promise<void> {
  const { inference, readiness, logger } = options;
  const references = await referencesOf(options);
  for (const [index, text] of references.entries()) {
    readiness.loading(text, index, references.length);
    const started = performance.now();
    const { name, reference } = requireReference(text);
    const loaded = await inference.load(name, reference).catch((error: unknown) => {
      // One detector of a store that nobody has named must not keep the others from answering.
      if (options.wanted || options.published.length > 0) throw error;
      logger.error({ detector: name, error: String(error) }, 'detector cannot be loaded');
      return undefined;
    });
    if (!loaded) continue;
    const { version, device, refused } = loaded;
    logger.info(
      { detector: name, version, device, refused, ms: Math.round(performance.now() - started) },
      'detector is warm',
    );
  }
}

async function referencesOf({
  registry,
  wanted,
  published,
  logger,
}: PreloadOptions): Promise<readonly string[]> {
  if (wanted) return wanted.filter((each) => each !== 'none');
  if (published.length > 0) return published;
  const { detectors, next } = await registry.listDetectors({ limit: MOST_UNNAMED });
  if (next !== null) {
    logger.info(
      { loaded: detectors.length },
      'the store has more detectors; name those to load first by CFLOW_PRELOAD',
    );
  }
  return detectors.filter(({ aliases }) => aliases[DEFAULT_ALIAS] !== undefined).map(({ name }) => name);
}
