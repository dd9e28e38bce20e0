import type { Device } from '@cflow/spec';
import { ProblemError } from '../app/problem.js';

/** Why a request is for the GPU service and not for the edge. */
export type Elsewhere =
  /** Bytes that its detectors are estimated to need, and that there are for them. */
  | { why: 'memory'; needed: number; limit: number }
  | { why: 'device'; device: string }
  /** The body, or the image in it, is larger than the edge takes. */
  | { why: 'body'; bytes: number; limit: number }
  | { why: 'image'; reason: string }
  /** The engine stopped; it starts again with the next instance of the Worker. */
  | { why: 'engine' };

/** For the header X-Cflow-Forwarded: a token, and numbers by name. */
export function headerOf(elsewhere: Elsewhere): string {
  const { why, ...facts } = elsewhere;
  return [why, ...Object.entries(facts).map(([name, value]) => `${name}=${value}`)].join('; ');
}

/** What is answered where nobody is there to forward to. */
export function problemOf(elsewhere: Elsewhere): ProblemError {
  const device: Device = 'wasm';
  switch (elsewhere.why) {
    case 'memory': {
      const reason =
        `the detectors need about ${megabytes(elsewhere.needed)} MB of memory, ` +
        `and ${megabytes(elsewhere.limit)} MB are there for detectors`;
      return notHere('the request is too large for the edge', device, reason);
    }
    case 'device':
      return new ProblemError('device', `the edge has no ${elsewhere.device}; ask for wasm, or for auto`, {
        status: 422,
        attempts: [{ device: elsewhere.device as Device, reason: 'there is only wasm at the edge' }],
      });
    case 'engine':
      return new ProblemError('unavailable', 'the engine stopped and starts again soon; try again');
    case 'body':
      return new ProblemError(
        'payload-too-large',
        `expected a body of at most ${elsewhere.limit} bytes; send less`,
        { headers: { connection: 'close' } },
      );
    case 'image':
      return new ProblemError('image', `the edge does not take this image: ${elsewhere.reason}`);
  }
}

/** A request that the edge cannot answer; forwarded where there is somebody to forward to. */
export class ElsewhereError extends ProblemError {
  readonly elsewhere: Elsewhere;

  constructor(elsewhere: Elsewhere) {
    const { code, message, status, headers, attempts } = problemOf(elsewhere);
    super(code, message, { status, headers, attempts });
    this.elsewhere = elsewhere;
  }
}

// 501: it would be the same next time.
function notHere(detail: string, device: Device, reason: string): ProblemError {
  return new ProblemError(
    'device',
    `${detail}: ${reason}; no service to forward it to is configured (CFLOW_UPSTREAM_URL)`,
    { status: 501, attempts: [{ device, reason }] },
  );
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
