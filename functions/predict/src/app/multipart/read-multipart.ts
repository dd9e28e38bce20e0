// multipart/form-data (RFC 7578) as a stream: parts are given on as they arrive, so that a data set of gigabytes takes
// no more memory than a chunk of it.
import { ProblemError } from '../problem.js';
import { parseHeaderParameters } from './header-parameters.js';
import { MultipartScanner } from './multipart-scanner.js';
import { parsePartHeaders } from './part-headers.js';

export interface MultipartPart {
  name: string;
  /** Of a file; undefined for a field. */
  filename: string | undefined;
  contentType: string | undefined;
  /** To be read before the next part is asked for; what is left is skipped. */
  body: AsyncIterable<Uint8Array>;
}

/** Of one form: the images and masks of a prediction with their options, or the files of a bundle, several times over. */
export const MOST_PARTS = 512;
/** Characters of a boundary (RFC 2046, section 5.1.1). */
const MOST_BOUNDARY = 70;

/**
 * The parts of a body in their order.
 * Throws ProblemError `invalid-request` when it is not what its type says.
 *
 * @param contentType The header with the boundary
 */
export async function* readMultipart(
  contentType: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<MultipartPart, void, undefined> {
  const scanner = new MultipartScanner(chunks, boundaryOf(contentType));
  try {
    // Whatever stands before the first boundary means nothing.
    await drain(scanner.untilBoundary());
    for (let count = 0; await scanner.hasNextPart(); count++) {
      if (count === MOST_PARTS) {
        throw new ProblemError('invalid-request', `expected at most ${MOST_PARTS} parts in the form`);
      }
      const headers = parsePartHeaders(await scanner.headerLines());
      yield { ...headers, body: scanner.untilBoundary() };
      if (scanner.inPart) await drain(scanner.untilBoundary());
    }
    await scanner.toEnd();
  } finally {
    await scanner.close();
  }
}

function boundaryOf(contentType: string): string {
  const boundary = parseHeaderParameters(contentType)?.parameters.get('boundary') ?? '';
  if (boundary === '' || boundary.length > MOST_BOUNDARY) {
    throw new ProblemError(
      'invalid-request',
      'expected "multipart/form-data; boundary=…"; leave the header to the client that makes the form',
    );
  }
  return boundary;
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}
