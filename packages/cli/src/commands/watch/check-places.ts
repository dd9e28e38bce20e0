import { realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigurationError } from '@cflow/spec';

/**
 * Checks that nothing is written into the folder that is watched: it would be scored again.
 *
 * @param places purpose and path of everything that writes images
 * @throws ConfigurationError
 */
export async function checkPlaces(
  folder: string,
  places: readonly (readonly [use: string, path: string])[],
): Promise<void> {
  const watched = await real(folder);
  for (const [use, path] of places) {
    const way = relative(watched, await real(path));
    const hidden = way.split(sep).some((part) => part.startsWith('.') && part !== '..');
    if (way.split(sep)[0] === '..' || hidden) continue;
    throw new ConfigurationError(
      `${use} "${path}" lies in the folder that is watched, where its images would be scored again; choose a folder outside`,
    );
  }
}

/** The path without links, even of something that does not exist yet. */
async function real(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const above = dirname(whole);
    return above === whole ? whole : join(await real(above), relative(above, whole));
  }
}
