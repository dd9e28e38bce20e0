import type { DetectorSummary } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { element } from '../dom/element.js';

/** Lists the available detectors, and selects the one that is named or was selected before. */
export async function listDetectors(
  client: Client,
  select: HTMLSelectElement,
  name: string,
): Promise<DetectorSummary[]> {
  const { items: detectors } = await client.service.detectors.list({ limit: 200 }).page();
  const wanted = name || select.value;
  select.replaceChildren(...detectors.map((each) => element('option', { value: each.name }, each.name)));
  if (detectors.some((each) => each.name === wanted)) select.value = wanted;
  return detectors;
}
