import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '@cflow/spec';
import type { ApiKeys } from '../security/api-keys.js';
import { hashedApiKeys, parseApiKeys } from '../security/hashed-api-keys.js';
import type { ServiceEnvironment } from './service-configuration.js';

/**
 * The keys of the service; undefined where anybody may call it, which must be said unless it only listens on this
 * machine.
 * @throws ConfigurationError
 */
export async function readKeys(environment: ServiceEnvironment, host: string): Promise<ApiKeys | undefined> {
  const { CFLOW_API_KEYS: list, CFLOW_API_KEYS_FILE: file, CFLOW_ANONYMOUS: anonymous } = environment;
  if (list !== undefined && file !== undefined) {
    throw new ConfigurationError('give CFLOW_API_KEYS or CFLOW_API_KEYS_FILE (--api-keys), not both');
  }
  if (list !== undefined) return hashedApiKeys(parseApiKeys(list, 'CFLOW_API_KEYS'), sha256);
  if (file !== undefined) return hashedApiKeys(parseApiKeys(await readKeyFile(file), `"${file}"`), sha256);
  if (anonymous || isLoopback(host)) return undefined;
  throw new ConfigurationError(
    `on ${host} others can reach the service, and it has no API keys. Give it some (cflow key NAME --file keys.json, ` +
      'then --api-keys keys.json or CFLOW_API_KEYS_FILE), or say that anybody may use it (--anonymous or CFLOW_ANONYMOUS=true)',
  );
}

// Web Crypto's goes to another thread and back for each request, which takes a hundred times as long as the hash.
function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`cannot read the API keys of "${file}": ${(cause as Error).message}`, {
      cause,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
