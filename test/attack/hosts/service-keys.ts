import { createApiKey } from '@cflow/predict';
import type { StartOptions } from './host.js';

/** Makes the keys that an attack asks for; `CFLOW_API_KEYS` and what each caller shows. */
export async function serviceKeys(
  wanted: StartOptions['keys'],
): Promise<{ env: Record<string, string>; keys: Map<string, string> }> {
  const keys = new Map<string, string>();
  if (!wanted) return { env: {}, keys };
  const entries: object[] = [];
  for (const [name, scopes] of Object.entries({
    ...wanted,
    operator: ['admin', 'read', 'train', 'predict'],
  })) {
    const { key, sha256 } = await createApiKey();
    keys.set(name, key);
    entries.push({ name, sha256, scopes });
  }
  return { env: { CFLOW_API_KEYS: JSON.stringify(entries) }, keys };
}
