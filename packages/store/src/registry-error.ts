import { CflowError, type CflowErrorOptions } from '@cflow/spec';

/** A detector, version, alias or file that is not there, or not in the state that a change presupposes. */
export class RegistryError extends CflowError {
  constructor(code: 'not-found' | 'conflict', message: string, options?: CflowErrorOptions) {
    super(code, message, options);
  }
}
