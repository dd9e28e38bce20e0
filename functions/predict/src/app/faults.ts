import { nearNames, type Problem, type UnknownFieldsIssue } from '@cflow/spec';
import type { z } from 'zod';
import { PROBLEM_LIMITS } from './problem-limits.js';
import { shortened } from './shortened.js';

type Fault = NonNullable<Problem['errors']>[number];

/**
 * What zod found wrong, the first few of it and each in few words. What came is in none of them, but for the beginning of
 * names: an answer must not be as large as the question, nor bring back what somebody else had put in there.
 *
 * @param within The part of the request that was looked at; empty: all of it
 */
export function faultsOf({ issues }: z.ZodError, within: string): Fault[] {
  return issues.slice(0, PROBLEM_LIMITS.faults).map((issue) => ({
    path: pathOf([within, ...issue.path]),
    message: shortened(messageOf(issue), PROBLEM_LIMITS.messageCharacters),
  }));
}

function pathOf(steps: readonly PropertyKey[]): string {
  const names = steps.filter((step) => step !== '').map(nameOf);
  return shortened(names.join('.'), PROBLEM_LIMITS.pathCharacters);
}

function messageOf(issue: z.core.$ZodIssue): string {
  // In JSON it is called otherwise.
  if (issue.code === 'invalid_type' && issue.expected === 'record')
    return issue.message.replace('record', 'object');
  // zod would list them all, as they came.
  if (issue.code !== 'unrecognized_keys') return issue.message;
  const [first = '', ...more] = issue.keys;
  const { known, instead } = issue as UnknownFieldsIssue;
  const told = instead?.(first);
  const others =
    more.length > 0 ? `, nor ${more.length} ${more.length === 1 ? 'other' : 'others'} that came` : '';
  return `there is no field "${nameOf(first)}" here${others}${told === undefined ? meant(first, known) : `; ${told}`}`;
}

/** Which of the known names an unknown one may have meant; empty where none is similar. */
export function meant(name: string, known: readonly string[] = []): string {
  const near = nearNames(name, known).map((each) => `"${each}"`);
  return near.length > 0 ? `; is ${near.join(' or ')} meant?` : '';
}

const nameOf = (name: PropertyKey): string => shortened(String(name), PROBLEM_LIMITS.nameCharacters);
