import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '@cflow/spec';
import type { ObjectStore } from '../object-store.js';
import { folderObjectStore } from './folder-object-store.js';
import { s3ObjectStore } from './s3-object-store.js';

const PARAMETERS: readonly string[] = ['endpoint', 'region', 'pathStyle'];

/**
 * The store at an address: the path of a folder, `file:///folder`, or
 * `s3://bucket[/prefix][?endpoint=https://host&region=…&pathStyle=true]`. Credentials come from the environment, never
 * from the address.
 *
 * @throws ConfigurationError
 */
export function openObjectStore(address: string): ObjectStore {
  if (address.trim() === '') throw refused(address, 'it is empty');
  // A letter and a colon is a drive of Windows.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return folderObjectStore(address);
  if (scheme !== 'file' && scheme !== 's3') throw refused(address, `"${scheme}:" is not supported`);
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw refused(address, 'it is not a valid address', cause);
  }
  if (scheme === 'file') return folderObjectStore(pathOf(url, address));
  return s3ObjectStore(s3Options(url, address));
}

function pathOf(url: URL, address: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw refused(address, 'a file address has three slashes and no host', cause);
  }
}

function s3Options(url: URL, address: string): Parameters<typeof s3ObjectStore>[0] {
  if (url.username !== '' || url.password !== '') {
    throw refused(
      shown(url),
      'credentials do not belong in it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  }
  for (const parameter of url.searchParams.keys()) {
    if (!PARAMETERS.includes(parameter)) {
      throw refused(address, `"${parameter}" is none of ${PARAMETERS.join(', ')}`);
    }
  }
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/@?#]+\/?$/.test(endpoint)) {
    throw refused(address, `the endpoint "${endpoint}" is not of the form https://host[:port]`);
  }
  const pathStyle = url.searchParams.get('pathStyle') ?? undefined;
  if (pathStyle !== undefined && pathStyle !== 'true' && pathStyle !== 'false') {
    throw refused(address, `pathStyle is "${pathStyle}", expected true or false`);
  }
  if (url.host === '') throw refused(address, 'there is no bucket in it');
  return {
    bucket: url.host,
    prefix: decodeURIComponent(url.pathname).replace(/^\/+|(?<!\/)\/+$/g, ''),
    endpoint,
    region: url.searchParams.get('region') ?? undefined,
    forcePathStyle: pathStyle === undefined ? undefined : pathStyle === 'true',
  };
}

function shown(url: URL): string {
  return `${url.protocol}//…@${url.host}${url.pathname}`;
}

function refused(address: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `"${address}" is not an address of a store: ${why}. Expected a folder, file:///folder, or ` +
      's3://bucket/prefix?endpoint=https://host&region=name&pathStyle=true',
    { cause, details: { address } },
  );
}
