import { CflowClient, type DataSetUpload, type Fetch } from '@cflow/sdk';
import type { Client } from './client.js';
import { sdkOptions } from './sdk-options.js';

/**
 * Sends a ZIP file.
 *
 * @param onProgress Share of the bytes that have been sent, 0 to 1.
 */
export function uploadDataSet(
  client: Client,
  archive: Blob,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<DataSetUpload> {
  // A refusal is shown at once: nobody guesses why hundreds of megabytes are sent again.
  const service = new CflowClient(sdkOptions(client, { send: sending(onProgress), patience: 0 }));
  return service.jobs.upload(archive, { timeout: 0, signal });
}

/** `fetch` by XMLHttpRequest, because `fetch` does not report how much of a body has been sent. */
function sending(onProgress: (share: number) => void): Fetch {
  return (url, { method = 'GET', headers, body, signal }) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const request = new XMLHttpRequest();
      const stop = (): void => request.abort();
      signal?.addEventListener('abort', stop, { once: true });
      request.open(method, url);
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
      // What throws here must reject, not vanish in a handler.
      request.onload = () => resolve(Promise.resolve(request).then(answerOf));
      request.onabort = () => reject(signal?.reason);
      request.onerror = () =>
        reject(new Error('The upload broke off. Check the connection and start it again.'));
      request.onloadend = () => signal?.removeEventListener('abort', stop);
      request.send(body as Blob);
    });
}

function answerOf(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split(/\r?\n/);
  const headers = lines.map((line) => line.split(/:(.*)/s, 2) as [string, string]);
  // Some have no body, and none may be made for them.
  const body = request.responseText === '' ? null : request.responseText;
  return new Response(body, { status: request.status, headers });
}
