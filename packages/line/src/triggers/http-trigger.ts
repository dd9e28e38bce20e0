import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '@cflow/spec';
import { CallCounter, type Trigger } from './trigger.js';

export interface HttpTrigger extends Trigger {
  readonly url: string;
}

const REQUEST_MS = 5000;

/**
 * `POST /trigger` selects the next frame: 202, or 429 while too many calls wait. A page of a browser may not call it.
 *
 * @throws ConfigurationError when the port is taken
 */
export async function httpTrigger({ host, port }: { host: string; port: number }): Promise<HttpTrigger> {
  const calls = new CallCounter();
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => {
      request.resume();
      const status = statusOf(request, calls);
      response.writeHead(status, { 'content-length': 0, ...(status === 405 && { allow: 'POST' }) }).end();
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${cause.code})`;
      reject(new ConfigurationError(`trigger: ${host}:${port} ${reason}; name another port`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { port: found } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${found}/trigger`,
    selects: () => calls.take(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function statusOf({ url, method, headers }: IncomingMessage, calls: CallCounter): number {
  if (url !== '/trigger') return 404;
  if (method !== 'POST') return 405;
  if (headers.origin !== undefined) return 403;
  return calls.call() ? 202 : 429;
}
