import { CflowError, type DeviceError } from '@cflow/spec';
import { messageOf } from './engine-error.js';

/** The reason in one line, for a table or a list of attempts. */
export function reasonOf(error: unknown): string {
  if (CflowError.isInstance(error) && error.code === 'device') {
    const { attempts } = error as DeviceError;
    if (attempts?.length) return attempts.map(({ reason }) => reason).join('; ');
  }
  return messageOf(error);
}
