import { CflowError } from '@cflow/spec';
import { type Registry, RegistryError } from '@cflow/store';
import type { Caller } from '../security/api-keys.js';
import { meant } from './faults.js';

/** Names that are looked through. */
const MOST = 200;

/**
 * An error over a detector, a version or an alias that is not there, with the names that are nearest to what was asked for.
 * Only for those who may read the names; every other error is as it was.
 */
export async function withNearNames(
  error: unknown,
  registry: Pick<Registry, 'listDetectors' | 'aliases'>,
  caller: Caller | undefined,
): Promise<unknown> {
  if (!CflowError.isInstance(error) || (error.code as string) !== 'not-found') return error;
  const { name, reference, alias } = error.details;
  const mayRead = caller?.scopes.has('read') || caller?.scopes.has('admin');
  if (typeof name !== 'string' || !mayRead) return error;
  const asked = [reference, alias, name].find((each) => typeof each === 'string') as string;
  // What cannot be looked up now is no reason for another error.
  const known = await (asked === name ? namesOf(registry) : aliasesOf(registry, name)).catch(() => []);
  const hint = meant(asked, known);
  if (hint === '') return error;
  return new RegistryError('not-found', error.message + hint, {
    details: { ...error.details },
    cause: error,
  });
}

async function namesOf(registry: Pick<Registry, 'listDetectors'>): Promise<string[]> {
  return (await registry.listDetectors({ limit: MOST })).detectors.map(({ name }) => name);
}

async function aliasesOf(registry: Pick<Registry, 'aliases'>, name: string): Promise<string[]> {
  return Object.keys(await registry.aliases(name));
}
