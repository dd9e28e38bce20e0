import { CflowClient, type CflowClientOptions } from '@cflow/sdk';
import { address, type Client } from './client.js';

/**
 * What the SDK's clients are made with here: they ask over the page's own, with its key, and patient where the service has no
 * room.
 *
 * @param onWait Called when a request waits for room.
 */
export function sdkOptions(client: Client, onWait?: (seconds: number) => void): CflowClientOptions {
  const key = client.currentKey;
  return {
    baseUrl: address('.'),
    // For what goes not over the page's own: a stream.
    ...(key !== null && { apiKey: key }),
    fetch: (url, init) => client.exchange(url, init, onWait),
    // Somebody may have to find a key first, and what is to be sent again is sent by the page.
    timeout: 0,
    maxRetries: 0,
  };
}

/** The SDK's client for the page's service. */
export function sdkClient(client: Client, onWait?: (seconds: number) => void): CflowClient {
  return new CflowClient(sdkOptions(client, onWait));
}
