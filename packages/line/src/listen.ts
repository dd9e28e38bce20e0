import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '@cflow/spec';

/** Connections at a time; of a line there are one or two programs that call it. */
const CONNECTIONS = 64;

export interface Listening {
  /** `host:port` as an address has it: an IPv6 address in brackets, the port that was found for 0. */
  place: string;
  /** Ends the server, and the connections that it has. */
  close(): Promise<void>;
}

/**
 * Has a server listen.
 *
 * @param what Names it in errors, such as `trigger`
 * @throws ConfigurationError when the port is taken, or cannot be listened on
 */
export async function listen(
  server: Server,
  what: string,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${cause.code})`;
      reject(new ConfigurationError(`${what}: ${host}:${port} ${reason}; name another port`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { port: found } = server.address() as AddressInfo;
  return {
    place: `${host.includes(':') ? `[${host}]` : host}:${found}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
