import type { S3Client } from '@aws-sdk/client-s3';
import { mayBeSkewed } from './s3-error.js';

export interface S3ObjectStoreOptions {
  bucket: string;
  /** Before every key, without "/" at its end. */
  prefix?: string | undefined;
  /** Of another server than AWS: https://host[:port]. */
  endpoint?: string | undefined;
  /** Default: what the environment says, `us-east-1` where it says nothing. */
  region?: string | undefined;
  /** Bucket in the path instead of the host name; what most servers other than AWS need. Default: with an endpoint. */
  forcePathStyle?: boolean | undefined;
  /** Default: the SDK's chain (environment, shared files, container and instance roles). */
  credentials?:
    | { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
    | undefined;
  /** Of one request with its retries. Default 4 attempts. */
  maxAttempts?: number | undefined;
  /** Until a connection stands; of a connection on which nothing moves. Default 5 s and 30 s. */
  connectTimeoutMs?: number | undefined;
  idleTimeoutMs?: number | undefined;
}

export interface LoadedSdk {
  sdk: typeof import('@aws-sdk/client-s3');
  client: S3Client;
}

/** Loads the SDK, which takes a noticeable part of a second, when it is first needed. */
export async function loadS3(options: S3ObjectStoreOptions): Promise<LoadedSdk> {
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint, credentials, connectTimeoutMs = 5000, idleTimeoutMs = 30_000 } = options;
  const region = options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const { sessionToken, ...keys } = credentials ?? { accessKeyId: '', secretAccessKey: '' };
  const client = new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    ...(credentials && {
      credentials: { ...keys, ...(sessionToken !== undefined && { sessionToken }) },
    }),
    maxAttempts: options.maxAttempts ?? 4,
    // It would print what is told by errors here.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      requestTimeout: 2 * idleTimeoutMs,
      throwOnRequestTimeout: true,
    },
    // Checksums of the newer kinds are not understood by every server; content is checked by its SHA-256 here.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  // The SDK sees by each answer how its clock differs, but not when it is set while a request is on its way.
  client.middlewareStack.add(
    (next) => async (given) => {
      try {
        return await next(given);
      } catch (error) {
        const { Body } = given.input as { Body?: unknown };
        const repeatable = Body === undefined || typeof Body === 'string' || Body instanceof Uint8Array;
        if (!mayBeSkewed(error) || !repeatable) throw error;
        return next(given);
      }
    },
    { step: 'initialize', name: 'againWhenTheClockWasSet' },
  );
  return { sdk, client };
}
