import { CflowError } from '@cflow/spec';
import { JobsError } from '../jobs-error.js';

const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
]);

/**
 * SQLSTATE classes and codes that a later try may not meet: connection (08), resources (53), deadlock and the like (40),
 * lock not available (55P03), shutdown, crash and start (57P01 to 57P03), statement or transaction timed out.
 */
const SQL_STATES = /^(?:08|53|40)...$|^(?:55P03|57P0[1-5]|57014|25P0[34])$/;

/** What pg says without a code. */
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** Refused at the door: wrong password, no such database. Another try is of no use, another address is. */
const REFUSALS = /^(?:28...|3D000)$/;

/** JobsError `unavailable` where the error says that the database cannot be used just now; any other error as it is. */
export function databaseError(error: unknown): unknown {
  if (CflowError.isInstance(error) || typeof error !== 'object' || error === null) return error;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  // All addresses of a host name failed.
  if (Array.isArray(errors) && code === undefined && errors.length > 0) return databaseError(errors[0]);
  const text = typeof code === 'string' ? code : '';
  if (SYSTEM_CODES.has(text) || SQL_STATES.test(text) || (text === '' && MESSAGES.test(String(message)))) {
    return new JobsError(
      'unavailable',
      'the database of jobs does not answer; nothing is lost, try again in some seconds',
      { cause: error, retryable: true },
    );
  }
  if (REFUSALS.test(text)) {
    return new JobsError(
      'unavailable',
      'the database of jobs refuses the connection: check user, password and database in DATABASE_URL',
      { cause: error },
    );
  }
  return error;
}
