import type { Answer, Client } from './client/client.js';

/** Publishes a bundle as a client does. */
export function publish(
  client: Client,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Answer> {
  return client.form(
    `/v1/detectors/${name}/versions`,
    [...files].map(([file, bytes]) => ['file', file, bytes] as const),
  );
}
