import { CflowError, type Job } from '@cflow/spec';

const CHARACTERS = 2_000;

/**
 * What a client may know of an error. An error of this project is told with its code and its message, in which paths are
 * cut down to their last part and addresses to what stands before user, query and fragment, since these may hold
 * credentials; its details are left out. Of any other error nothing is told but that there was one: it may say anything,
 * and the worker's log has it.
 */
export function failureOf(error: unknown): { error: NonNullable<Job['error']>; retryable: boolean } {
  if (!CflowError.isInstance(error)) {
    return {
      error: {
        code: 'internal',
        message: 'the training failed; the log of its worker has the reason',
      },
      retryable: false,
    };
  }
  return {
    error: {
      code: error.code,
      message: withoutPaths(error.message.slice(0, 4 * CHARACTERS)).slice(0, CHARACTERS),
    },
    retryable: error.retryable,
  };
}

/** From the beginning of a run of such characters only: to begin anew at each would look at a long run again and again. */
const ADDRESS = /((?<![a-z0-9+.-])[0-9+.-]*(?!file:)[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+)/i;
/** Absolute, of the home folder or relative with dots: on POSIX, on Windows, as a share, as a file: URL. */
const ROOT = String.raw`(?:file:\/\/\/?|[a-z]:[\\/]|\\\\|~?\/|\.{1,2}[\\/])`;
const QUOTED = String.raw`"${ROOT}[^"\n]*"|'${ROOT}[^'\n]*'`;
const BARE = String.raw`(?<![\w.)\]}/\\-])${ROOT}[^\s"'<>|,;:()]+`;
const PATHS = new RegExp(`${QUOTED}|${BARE}`, 'gi');

export function withoutPaths(message: string): string {
  // Every other part is an address.
  const parts = message.split(ADDRESS);
  return parts
    .map((part, i) => (i % 2 === 1 ? publicAddress(part) : part.replace(PATHS, lastNameOf)))
    .join('');
}

function lastNameOf(place: string): string {
  const quote = /^["']/.test(place) ? place.charAt(0) : '';
  const path = quote ? place.slice(1, -1) : place;
  return `${quote}${path.split(/[\\/]/).filter(Boolean).at(-1) ?? '…'}${quote}`;
}

function publicAddress(address: string): string {
  try {
    const { protocol, host, pathname } = new URL(address);
    // A path of this machine, with something in front of it.
    return protocol.endsWith('file:') ? '…' : `${protocol}//${host}${pathname}`;
  } catch {
    return '…';
  }
}
