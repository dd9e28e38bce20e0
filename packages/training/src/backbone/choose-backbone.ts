import { defaultBackbone } from '@cflow/model/node';
import { ConfigurationError, DEFAULT_BACKBONE, type DetectorConfigurationInput } from '@cflow/spec';
import type { OnTrainingEvent } from '../events.js';

/** What a caller says of the backbone. */
export interface AskedBackbone {
  configuration?: DetectorConfigurationInput | undefined;
  /** A file of its weights. */
  weights?: string | undefined;
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
 * The backbone that is asked for; where none is, the default one, which may have to be fetched.
 * @throws the signal's reason
 */
export async function chooseBackbone(
  asked: string | undefined,
  signal: AbortSignal,
  onEvent: OnTrainingEvent,
): Promise<string> {
  if (asked !== undefined) return asked;
  const { name, fallback } = await defaultBackbone({
    signal,
    onProgress: ({ received, total }) =>
      onEvent({ type: 'fetching', backbone: DEFAULT_BACKBONE, done: received, total }),
  });
  if (fallback) onEvent({ type: 'fallback', backbone: name, ...fallback });
  return name;
}
