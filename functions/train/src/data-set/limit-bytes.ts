import { Transform } from 'node:stream';
import { DataSetError } from '@cflow/spec';

/** Passes bytes on, up to a number of them. */
export function limitBytes(limit: number, what: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      if (bytes <= limit) done(null, chunk);
      else {
        done(
          new DataSetError(`${what} is larger than the ${limit} bytes that are allowed; give fewer images`, {
            details: { limit },
          }),
        );
      }
    },
  });
}
