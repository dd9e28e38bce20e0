import { createServer, type IncomingMessage } from 'node:http';
import { listen } from '../listen.js';
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
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1000 },
    (request, response) => {
      request.resume();
      const status = statusOf(request, calls);
      response.writeHead(status, { 'content-length': 0, ...(status === 405 && { allow: 'POST' }) }).end();
    },
  );
  const { place, close } = await listen(server, 'trigger', { host, port });
  return { url: `http://${place}/trigger`, selects: () => calls.take(), close };
}

function statusOf({ url, method, headers }: IncomingMessage, calls: CallCounter): number {
  if (url !== '/trigger') return 404;
  if (method !== 'POST') return 405;
  if (headers.origin !== undefined) return 403;
  return calls.call() ? 202 : 429;
}
