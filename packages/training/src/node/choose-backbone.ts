import { defaultBackbone } from '@cflow/model/node';
import { ConfigurationError, DEFAULT_BACKBONE, type DetectorConfigurationInput } from '@cflow/spec';
import type { OnTrainingEvent } from '../events.js';
import { RunFolder } from './run-folder.js';

/** What a caller says of the backbone. */
export interface AskedBackbone {
  configuration?: DetectorConfigurationInput | undefined;
  /** A file of its weights. */
  weights?: string | undefined;
  /** Folder of the bundle, beside which a run that was interrupted has left its files. */
  output: string;
  /** Whether to go on with that run. */
  resume?: boolean | undefined;
}

/** @throws ConfigurationError for weights, or random ones, of a network that is not named */
export function checkBackboneNamed({
  configuration,
  weights,
}: Pick<AskedBackbone, 'configuration' | 'weights'>): void {
  if (configuration?.backbone !== undefined) return;
  if (weights === undefined && configuration?.preTrained !== false) return;
  throw new ConfigurationError(
    `expected the network that ${weights === undefined ? 'random weights' : 'the weights'} are for, got none: name a backbone`,
    { details: { option: 'backbone' } },
  );
}

/**
 * The backbone that is asked for; where none is, that of the run to go on with, else the default one, which may have to be
 * fetched.
 * @throws the signal's reason
 */
export async function chooseBackbone(
  { configuration, output, resume }: Omit<AskedBackbone, 'weights'>,
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
