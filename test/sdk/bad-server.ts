// A server that does everything wrong, on a port of this machine.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CflowClient, type CflowClientOptions, CflowError } from '@cflow/sdk';
import { CflowError as SpecError } from '@cflow/spec';
import { afterEach, expect } from 'vitest';

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  count: number,
) => void | Promise<void>;
export const KEY = 'cflow_SecretKeyOfTheCamera';
const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server of which a test decides everything; it is closed after the test. */
export async function serverOf(
  handler: Handler,
): Promise<{ url: string; requests: IncomingMessage[]; server: Server }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    void handler(request, response, requests.length);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server };
}

/** A client that has a secret to keep. */
export const clientOf = (baseUrl: string, options: Partial<CflowClientOptions> = {}): CflowClient =>
  new CflowClient({ baseUrl, apiKey: KEY, ...options });

/** An answer in JSON. */
export const json = (response: ServerResponse, body: unknown, status = 200, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

/** What a call fails with, which it has to. */
export const caught = async (
  promise: PromiseLike<unknown>,
): Promise<CflowError & Record<string, unknown>> => {
  const error = await Promise.resolve(promise).then(
    () => expect.unreachable('it should have been refused'),
    (reason) => reason,
  );
  // Whatever it is, it is ours, and nobody learns the key from it.
  expect(CflowError.isInstance(error), String(error)).toBe(true);
  expect(SpecError.isInstance(error)).toBe(true);
  expect(JSON.stringify(error) + error.stack + String(error) + String(error.cause?.stack)).not.toContain(KEY);
  return error;
};
