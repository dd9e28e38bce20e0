import type { Problem } from '@cflow/spec';
import { PROBLEM_LIMITS } from './problem-limits.js';
import { shortened } from './shortened.js';

/** A problem cut to what an answer may be: the last faults go first, then what devices said, and words at last. */
export function fittedProblem({ errors, attempts, ...rest }: Problem): Problem {
  const { attempts: mostAttempts, faults, detailCharacters, messageCharacters } = PROBLEM_LIMITS;
  let detail = shortened(rest.detail, detailCharacters);
  let named = (errors ?? []).slice(0, faults);
  let tried = (attempts ?? []).slice(0, mostAttempts).map(({ device, reason }) => ({
    device: shortened(device, messageCharacters),
    reason: shortened(reason, messageCharacters),
  }));
  for (;;) {
    const problem: Problem = {
      ...rest,
      detail,
      ...(errors && { errors: named }),
      ...(attempts && { attempts: tried }),
    };
    if (bytesOf(problem) <= PROBLEM_LIMITS.bytes) return problem;
    if (named.length > 0) named = named.slice(0, -1);
    else if (tried.length > 0) tried = tried.slice(0, -1);
    else detail = shortened(detail, Math.floor(detail.length / 2));
  }
}

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
