import { defaultBackbone } from '@cflow/model/node';
import { ConfigurationError } from '@cflow/spec';
import { interruptible } from '../../interruptible.js';
import { DownloadBar } from '../../terminal/download-bar.js';
import { noteLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { fallbackText } from '../../terminal/training/event-text.js';
import type { BenchmarkFlags } from './flags.js';

/** What is compared, and on which backbones. */
export type ResolvedFlags = BenchmarkFlags & { backbones: string[] };

/**
 * The options, completed with the backbone where none is given: that of `cflow train`, which may have to be fetched.
 * @throws ConfigurationError for weights, or random ones, of a network that is not named
 */
export async function withBackbones(flags: BenchmarkFlags): Promise<ResolvedFlags> {
  const { backbones, variant = [], weights, preTrained } = flags;
  if (backbones) return { ...flags, backbones };
  const named = variant.map(({ flags: own }) => own.backbone);
  const [first] = named;
  if (first !== undefined && !named.includes(undefined)) return { ...flags, backbones: [first] };
  if (weights || preTrained === false) {
    throw new ConfigurationError(
      `${weights ? '--weights' : '--no-pre-trained'} needs the network that it is for: name one with --backbones`,
    );
  }
  const bar = new DownloadBar();
  const { name, fallback } = await interruptible((signal) =>
    defaultBackbone({ signal, onProgress: ({ received, total }) => bar.update(received, total) }),
  ).finally(() => bar.stop());
  if (fallback) {
    noteLine(fallbackText({ backbone: name, of: fallback.of, reason: printable(fallback.reason) }));
  }
  return { ...flags, backbones: [name] };
}
