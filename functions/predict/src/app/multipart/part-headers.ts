import { ProblemError } from '../problem.js';

export interface PartHeaders {
  name: string;
  filename: string | undefined;
  contentType: string | undefined;
}

const DISPOSITION = /^form-data((?:\s*;\s*[\w-]+\*?=(?:"[^"]*"|[^";\s]*))*)\s*;?\s*$/i;
const PARAMETER = /;\s*([\w-]+\*?)=(?:"([^"]*)"|([^";\s]*))/g;

/** Reads the headers of a part. Throws ProblemError `invalid-request` without a name. */
export function parsePartHeaders(block: string): PartHeaders {
  let name: string | undefined;
  let filename: string | undefined;
  let contentType: string | undefined;
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    const header = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (header === 'content-type') contentType = value.toLowerCase();
    if (header !== 'content-disposition') continue;
    const parameters = DISPOSITION.exec(value)?.[1] ?? '';
    for (const [, key, quoted, bare] of parameters.matchAll(PARAMETER)) {
      const text = unescaped(quoted ?? bare ?? '');
      if (key?.toLowerCase() === 'name') name = text;
      if (key?.toLowerCase() === 'filename') filename = text;
    }
  }
  if (name === undefined) {
    throw new ProblemError(
      'invalid-request',
      'the body is no multipart form: a part has no Content-Disposition: form-data; name="…"',
    );
  }
  return { name, filename, contentType };
}

// What browsers write for the three characters that would end a quoted text.
function unescaped(text: string): string {
  return text.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}
