import { basename, relative, resolve } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import { ConfigurationError } from '@cflow/spec';
import { importDetector } from '@cflow/training/node';
import { interruptible } from '../../interruptible.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { count, formatNumber, formatPercent } from '../../terminal/format.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { showTraining } from '../../terminal/training/show-training.js';
import type { ImportFlags } from './flags.js';

/** From the command line to a bundle made from a checkpoint. */
export async function runImport(checkpoint: string, flags: ImportFlags): Promise<void> {
  if (!flags.good) {
    throw new ConfigurationError(
      'expected good images to calibrate on, with --good <folder>: anomalib’s scores depend on the images that share a batch, ' +
        'and here they are measured against good ones',
    );
  }
  const good = await openDataSet([], { good: flags.good });
  const name =
    flags.name ??
    (basename(checkpoint)
      .replace(/\.(ckpt|pt|pth)$/i, '')
      .slice(0, 100) ||
      'detector');
  const output =
    flags.output ?? `${name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'detector'}.cflow`;
  // Only events about problems matter: an import does not take hours to watch.
  const show = showTraining(flags.json ? { quiet: true } : flags);
  const { manifest, assumed } = await interruptible((signal) =>
    importDetector({
      checkpoint,
      good,
      output,
      name,
      overrides: { backbone: flags.backbone, layers: flags.layers, inputSize: flags.inputSize },
      device: flags.device,
      threads: flags.threads,
      precision: flags.precision,
      strict: flags.strict,
      limits: imageLimits(flags),
      signal,
      onEvent: (event) => show.event(event),
    }),
  ).finally(() => show.close());
  const bundle = relative(process.cwd(), resolve(output)) || '.';
  const { thresholds, backbone, layers, configuration, calibration } = manifest;
  if (flags.json) {
    printLine(
      JSON.stringify({ bundle, name, backbone: backbone.name, threshold: thresholds.score, assumed }),
    );
    return;
  }
  for (const each of assumed)
    noteLine(`the checkpoint does not say its ${each}: taken as the reference has it`);
  if (flags.quiet) {
    printLine(bundle);
    return;
  }
  const names = layers.map((layer) => layer.name).join(', ');
  printLine(printable(`${name}: ${bundle}`));
  printLine(
    printable(`network    ${backbone.name} (${names}), ${configuration.inputSize.join(' x ')} pixels`),
  );
  printLine(
    `threshold  ${formatNumber(thresholds.score)}, for ${formatPercent(thresholds.falseAlarmRate)} false alarms; calibrated on ` +
      count(calibration.score.count, 'good image'),
  );
}
