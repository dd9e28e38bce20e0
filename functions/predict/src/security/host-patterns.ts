import { ConfigurationError } from '@cflow/spec';

/** The header Host in parts; the name as browsers have it: lower case, in ASCII, addresses in their one spelling. */
interface Host {
  name: string;
  /** Undefined: the scheme's own. */
  port: string | undefined;
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[^\s:/?#@[\]\\%]{1,255})(?::(\d{1,5}))?$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const LOOPBACK = /^(?:(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Which hosts a service answers as. */
export interface HostRule {
  /** Patterns that are added to the names of this machine: `name`, `*.name`, `*`, each with `:port` or for any. */
  patterns: readonly string[];
  /**
   * Whether any IP address will do. A page whose name was made to lead here (DNS rebinding) is asked for by that name; it
   * cannot make a browser say an address that is not its own.
   */
  addresses: boolean;
}

/** Whether a header Host is one that the service answers to. @throws ConfigurationError for a malformed pattern */
export function hostCheck({ patterns, addresses }: HostRule): (host: string) => boolean {
  const matches = patterns.map(hostPattern);
  return (header) => {
    const host = parseHost(header);
    if (!host) return false;
    if (LOOPBACK.test(host.name) || (addresses && isAddress(host.name))) return true;
    return matches.some((match) => match(host));
  };
}

/** @throws ConfigurationError for a malformed pattern */
export function hostPattern(pattern: string): (host: Host) => boolean {
  if (pattern === '*') return () => true;
  const below = pattern.startsWith('*.');
  const wanted = parseHost(below ? pattern.slice(2) : pattern);
  if (!wanted || wanted.name.includes('*') || (below && isAddress(wanted.name))) {
    throw new ConfigurationError(
      `"${pattern}" is not a host: expected a name such as cflow.example.com, *.example.com or *, with a port where only that one is meant (cflow.example.com:8443)`,
    );
  }
  return ({ name, port }) =>
    (wanted.port === undefined || wanted.port === port) &&
    (below ? name.endsWith(`.${wanted.name}`) && !isAddress(name) : name === wanted.name);
}

function parseHost(text: string): Host | undefined {
  const [, name = '', port] = HOST.exec(text) ?? [];
  // Spells names and addresses in one way: 127.1 and 0x7f000001 are 127.0.0.1.
  const url = name === '' || !URL.canParse(`http://${name}`) ? undefined : new URL(`http://${name}`);
  return url && { name: url.hostname.replace(/\.$/, ''), port };
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || IPV4.test(name);
}
