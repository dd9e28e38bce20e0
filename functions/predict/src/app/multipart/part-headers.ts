import { ProblemError } from '../problem.js';
import { parseHeaderParameters } from './header-parameters.js';

export interface PartHeaders {
  name: string;
  filename: string | undefined;
  contentType: string | undefined;
}

/** Reads the headers of a part. Throws ProblemError `invalid-request` without a name. */
export function parsePartHeaders(lines: readonly string[]): PartHeaders {
  let name: string | undefined;
  let filename: string | undefined;
  let contentType: string | undefined;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const header = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (header === 'content-type')
      contentType = line
        .slice(colon + 1)
        .trim()
        .toLowerCase();
    if (header !== 'content-disposition') continue;
    const disposition = parseHeaderParameters(line.slice(colon + 1));
    if (disposition?.value !== 'form-data') continue;
    name = unescaped(disposition.parameters.get('name')) ?? name;
    filename = unescaped(disposition.parameters.get('filename')) ?? filename;
  }
  if (name === undefined) {
    throw new ProblemError(
      'invalid-request',
      'the body is not a multipart form: a part has no Content-Disposition: form-data; name="…"',
    );
  }
  return { name, filename, contentType };
}

// What browsers write for the three characters that would end a quoted text.
function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}
