import type { PredictionFacts, PredictionIds } from '../security/prediction-ids.js';
import { ProblemError } from './problem.js';

/** What a prediction's id says of it. Throws ProblemError `not-found` for an id that this service has not signed. */
export async function signedFacts(ids: PredictionIds, id: string): Promise<PredictionFacts> {
  const found = await ids.verify(id);
  if (found) return found;
  throw new ProblemError('not-found', 'this id is of no prediction of this service; send it as it was given');
}
