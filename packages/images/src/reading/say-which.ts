import { DataSetError } from '@cflow/spec';

/** How a person says what the words do not: the end of every refusal of something that can be read in two ways. */
export const SAY_WHICH =
  'rename the folder, or name the folders of good images, of bad ones and of masks yourself (good, bad, masks: options of the command line, fields of a job)';

/** The first few of many, and how many more. */
export function someOf(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** An error for what can be read in two ways: it names both, and how to say which. */
export function ambiguous(
  what: string,
  readings: readonly [string, string],
  details: Record<string, unknown>,
): DataSetError {
  return new DataSetError(`${what}: either ${readings[0]}, or ${readings[1]}; ${SAY_WHICH}`, { details });
}
