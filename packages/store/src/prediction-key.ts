import { sha256Hex } from '@cflow/detector';
import type { PredictionName } from './registry.js';

/** Where what belongs to a prediction lies, below a prefix. Ids come from outside; hashed, any of them is a name. */
export async function predictionKey({ version, prediction }: PredictionName): Promise<string> {
  return `${version}/${(await sha256Hex(new TextEncoder().encode(prediction))).slice(0, 40)}`;
}
