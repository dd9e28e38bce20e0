import { decodeBase64Url } from './base64-url.js';

const PREFIX = 'cflow.key.';

/** The API key that a request brings, undefined without one. */
export function presentedKey(headers: { get(name: string): string | null }): string | undefined {
  const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(headers.get('authorization') ?? '');
  return bearer?.[1] ?? headers.get('x-api-key') ?? ofSubprotocols(headers);
}

/** A page can give a WebSocket no headers but these; an address would be in logs. */
function ofSubprotocols(headers: { get(name: string): string | null }): string | undefined {
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return undefined;
  const protocols = (headers.get('sec-websocket-protocol') ?? '').split(',').map((each) => each.trim());
  const named = protocols.find((each) => each.startsWith(PREFIX));
  if (named === undefined) return undefined;
  const bytes = decodeBase64Url(named.slice(PREFIX.length));
  return bytes && new TextDecoder().decode(bytes);
}
