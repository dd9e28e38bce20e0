/**
 * Bytes as they are, in a body or in a field of a form. `contentMediaType` is what JSON Schema has for it; `format:
 * binary` is of OpenAPI 3.0 and means nothing to 3.1, but it is what the generators of clients look for: without it the
 * image is a text to them.
 */
export function binary(contentMediaType: string = 'application/octet-stream') {
  return { type: 'string', format: 'binary', contentMediaType } as const;
}
