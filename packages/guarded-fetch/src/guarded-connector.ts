import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Networks } from './networks.js';

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

/** A connection that was not made since it would have gone inside. */
export class NotPublicError extends Error {
  constructor() {
    super('not on the public internet');
    this.name = 'NotPublicError';
  }
}

/**
 * Opens connections to allowed addresses only. The address that is checked is the one that is connected to: the check
 * is part of the connection's own lookup, so that a name which resolves differently a moment later gains nothing.
 */
export function guardedConnector(options: {
  networks: Networks;
  timeoutMs: number;
  lookup?: Lookup | undefined;
}): buildConnector.connector {
  const { networks, timeoutMs } = options;
  const lookup: Lookup = options.lookup ?? ((hostname) => systemLookup(hostname, { all: true }));
  return (target, callback) => {
    const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
    const host = target.hostname;
    // An address in place of a name is never looked up.
    if (isIP(host) !== 0 && !networks.allows({ host, port }, host)) callback(new NotPublicError(), null);
    else
      buildConnector({ timeout: timeoutMs, lookup: checkedLookup(lookup, networks, port) })(target, callback);
  };
}

function checkedLookup(lookup: Lookup, networks: Networks, port: number): LookupFunction {
  return (host, options, callback) => {
    lookup(host).then(
      (addresses) => {
        const fail = (error: Error): void => callback(error, '', 0);
        const wanted = addresses.filter(({ family }) => !options.family || family === options.family);
        const [first] = wanted;
        // One inner address among public ones is reason enough: which of them is taken is not ours to choose.
        if (addresses.some(({ address }) => !networks.allows({ host, port }, address)))
          fail(new NotPublicError());
        else if (!first) fail(Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' }));
        else if (options.all) callback(null, [...wanted]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}
