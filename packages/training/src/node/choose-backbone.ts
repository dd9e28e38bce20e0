import { DEFAULT_BACKBONE, defaultBackbone } from '@cflow/model/node';
import { ConfigurationError } from '@cflow/spec';
import type { OnTrainingEvent } from '../events.js';
import { RunFolder } from './run-folder.js';
import type { TrainDetectorOptions } from './train-detector.js';

/** @throws ConfigurationError for weights, or random ones, of a network that is not named */
export function checkBackboneNamed({
  configuration,
  weights,
}: Pick<TrainDetectorOptions, 'configuration' | 'weights'>): void {
  if (configuration?.backbone !== undefined) return;
  if (weights === undefined && configuration?.preTrained !== false) return;
  throw new ConfigurationError(
    `${weights === undefined ? '--no-pre-trained' : '--weights'} needs the network that it is for: name one with --backbone`,
  );
}

/**
 * The backbone that is asked for; where none is, that of the run to go on with, else the default one, which may have to be
 * fetched.
 * @throws the signal's reason
 */
export async function chooseBackbone(
  { configuration, output, resume }: Pick<TrainDetectorOptions, 'configuration' | 'output' | 'resume'>,
  signal: AbortSignal,
  onEvent: OnTrainingEvent,
): Promise<string> {
  const named = configuration?.backbone ?? (resume ? await RunFolder.backboneOf(output) : undefined);
  if (named !== undefined) return named;
  const { name, fallback } = await defaultBackbone({
    signal,
    onProgress: ({ received, total }) =>
      onEvent({ type: 'fetching', backbone: DEFAULT_BACKBONE, done: received, total }),
  });
  if (fallback) onEvent({ type: 'fallback', backbone: name, ...fallback });
  return name;
}
