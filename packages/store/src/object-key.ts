import { ConfigurationError } from '@cflow/spec';

/** Shorter than what S3 allows with a prefix before it. */
const MAX_KEY = 800;
/** File systems allow 255. */
const NAME = /^[A-Za-z0-9._-]{1,200}$/;

/** @throws ConfigurationError for anything that could mean a place outside the store */
export function checkKey(key: string): void {
  if (key.length <= MAX_KEY && key.split('/').every(isName)) return;
  throw new ConfigurationError(
    `${shown(key)} is not a key: expected names of A-Z, a-z, 0-9, ".", "_" and "-", joined by "/"`,
    { details: { key: key.slice(0, MAX_KEY) } },
  );
}

/** The beginning of a key, or nothing. @throws ConfigurationError */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/** A prefix that ends in "/", or nothing. @throws ConfigurationError */
export function checkFolderPrefix(prefix: string): void {
  checkPrefix(prefix);
  if (prefix === '' || prefix.endsWith('/')) return;
  throw new ConfigurationError(`the prefix ${shown(prefix)} must end in "/"`, { details: { prefix } });
}

function isName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

function shown(key: string): string {
  return JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
}
