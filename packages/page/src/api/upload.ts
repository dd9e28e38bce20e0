import type { DataSetUpload } from '@cflow/spec';
import { address, type Client } from './client.js';
import { ServiceError } from './service-error.js';

/**
 * Sends a ZIP file. By XMLHttpRequest, because `fetch` does not tell how much of a body is sent.
 *
 * @param onProgress Share of the bytes that are sent, 0 to 1.
 */
export async function uploadDataSet(
  client: Client,
  archive: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<DataSetUpload> {
  for (;;) {
    const key = client.currentKey;
    const answer = await send(archive, client.authorization(), onProgress, signal);
    if (answer.status >= 200 && answer.status < 300) return (await answer.json()) as DataSetUpload;
    if (answer.status === 401 && (await client.askForKey(key))) continue;
    throw await ServiceError.of(answer);
  }
}

function send(
  archive: Blob,
  headers: Readonly<Record<string, string>>,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<{ status: number; json(): Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    signal.addEventListener('abort', stop, { once: true });
    request.open('POST', address('v1/data-sets'));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/zip');
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () =>
      resolve({ status: request.status, json: async () => JSON.parse(request.responseText) as unknown });
    request.onabort = () => reject(signal.reason);
    request.onerror = () =>
      reject(new Error('The upload broke off. Check the connection and start it again.'));
    request.onloadend = () => signal.removeEventListener('abort', stop);
    request.send(archive);
  });
}
