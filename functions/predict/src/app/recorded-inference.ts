import type { Inference } from '@cflow/inference';
import type { RecentScores } from './recent-scores.js';

/** An inference whose scores are kept for drift, whichever route asked for them. */
export function recordedInference(inference: Inference, recent: RecentScores, now: () => number): Inference {
  return {
    async predict(request) {
      const results = await inference.predict(request);
      const time = now();
      for (const { detector, score } of results) recent.add(detector.name, detector.version, score, time);
      return results;
    },
    load: (name, reference, options) => inference.load(name, reference, options),
    status: () => inference.status(),
    get shadowed() {
      return inference.shadowed;
    },
    close: () => inference.close(),
  };
}
