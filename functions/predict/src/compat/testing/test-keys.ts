import type { ApiKeys, Scope } from '../../security/api-keys.js';

/** Keys that are their own names. */
export function testKeys(scopes: Readonly<Record<string, readonly Scope[]>>): ApiKeys {
  const callers = new Map(
    Object.entries(scopes).map(([name, list]) => [name, { name, scopes: new Set(list) }]),
  );
  return { find: async (key) => callers.get(key) };
}
