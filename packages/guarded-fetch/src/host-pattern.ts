import { isIP } from 'node:net';
import { ConfigurationError } from '@cflow/spec';

/** Undefined for what is not a URL. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
}

/** The host of a URL without brackets and without the dot that ends an absolute name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** The port of a URL, also where it is the default one. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/**
 * What a pattern of the allow-list lets through. As in a content security policy: `images.example.com` is that host at
 * the scheme's own port, `*.example.com` are the names below it (not itself), `:8080` and `:*` name another port and
 * any, and `*` alone is everything. An IP address matches only itself.
 *
 * @throws ConfigurationError for anything else.
 */
export function hostPattern(pattern: string): (url: URL) => boolean {
  if (pattern === '*') return () => true;
  const parts = /^(\*\.)?(\[[0-9a-f:.]+\]|[^\s:/?#@[\]*]+)(?::(\d{1,5}|\*))?$/i.exec(pattern);
  const url = parts && parseUrl(`http://${parts[2]}`);
  if (!parts || !url || Number(parts[3] ?? 0) > 65_535) {
    throw new ConfigurationError(
      `"${pattern}" is not a host pattern: expected a host such as images.example.com, *.example.com or *, with a port where it is not the usual one (images.example.com:8080)`,
      { details: { pattern } },
    );
  }
  const host = hostOf(url);
  const port = parts[3];
  const isHost = parts[1]
    ? (name: string) => name.endsWith(`.${host}`) && isIP(name) === 0
    : (name: string) => name === host;
  return (target) =>
    isHost(hostOf(target)) &&
    (port === '*' || (port === undefined ? target.port === '' : portOf(target) === Number(port)));
}
