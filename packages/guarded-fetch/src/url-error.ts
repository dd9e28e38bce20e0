import { CflowError, type CflowErrorOptions } from '@cflow/spec';

/**
 * An address that is not fetched (`url-refused`), or that may work later (`unavailable`, retryable). The message names
 * only what the caller gave: neither what a name resolves to nor where a redirect leads, since both may be inside a
 * network that the caller cannot see. What the system said is in `cause`, for the log and not for the caller.
 */
export class UrlError extends CflowError {
  constructor(message: string, options: CflowErrorOptions = {}) {
    super(options.retryable ? 'unavailable' : 'url-refused', message, options);
  }
}
