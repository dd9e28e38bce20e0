import type { DetectorPage } from '@cflow/spec';
import type { Client } from '../api/client.js';
import { element } from '../dom/element.js';

/** Offers the detectors that there are, and chooses the one that is named or was chosen before. */
export async function listDetectors(
  client: Client,
  select: HTMLSelectElement,
  name: string,
): Promise<DetectorPage['detectors']> {
  const { detectors } = await client.json<DetectorPage>('v1/detectors', { query: { limit: 200 } });
  const wanted = name || select.value;
  select.replaceChildren(...detectors.map((each) => element('option', { value: each.name }, each.name)));
  if (detectors.some((each) => each.name === wanted)) select.value = wanted;
  return detectors;
}
