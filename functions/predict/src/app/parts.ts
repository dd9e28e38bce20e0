import type { Inference } from '@cflow/inference';
import type { Jobs } from '@cflow/jobs';
import type { DataSetReport, Logger } from '@cflow/spec';
import type { ObjectStore, Registry } from '@cflow/store';
import type { Context } from 'hono';
import type { ApiKeys } from '../security/api-keys.js';
import type { ContentCodings } from './body/content-codings.js';
import type { Readiness } from './readiness.js';

/** What a request may take. */
export interface Limits {
  /** Bytes of a body with images. Default 64 MiB. */
  bodyBytes: number;
  /** Bytes of an uploaded data set or bundle. Default 8 GiB. */
  uploadBytes: number;
  /** Milliseconds from the last byte of the request's head to its answer; uploads and event streams aside. Default 30 000. */
  requestTimeoutMs: number;
  /** Milliseconds without a byte of a body after which its sender counts as gone. Default 30 000. */
  bodyTimeoutMs: number;
  /** Bytes of bodies that all requests together may hold; at least `bodyBytes`. Default: eight times that. */
  bodyMemoryBytes?: number | undefined;
  /** How slow the sender of a body may be after a grace. Default 4096 bytes per second after 10 s. */
  slowestBody?: { graceMs: number; bytesPerSecond: number } | undefined;
  /** Bytes of the images that are kept with feedback, of one detector. Default 2 GB. */
  keptImageBytes?: number | undefined;
  /** Predict requests per second and API key (or address, without keys) and how many at once after a pause; null: no limit. */
  rate: { perSecond: number; burst: number } | null;
}

/**
 * Gets the file that an address names, from a host that is allowed. `onBytes` is told of each piece before it is kept,
 * and may throw. Rejects with UrlError.
 */
export type FetchUrl = (
  url: string,
  options: { maxBytes: number; signal: AbortSignal; onBytes?: ((bytes: number) => void) | undefined },
) => Promise<Uint8Array>;

/** A file of the web page. */
export interface PageAsset {
  contentType: string;
  body: Uint8Array;
  /** How `body` is compressed; clients that do not accept it get it uncompressed. Default: not at all. */
  encoding?: 'gzip' | undefined;
  /** Of `body` as it is stored. Strong, in quotes. */
  etag: string;
  /** For the header Cache-Control: immutable where the name has a hash. Default `no-cache`. */
  cacheControl?: string | undefined;
}

/** All that the service is made of; nothing in it is taken from elsewhere, so that it runs on any host and in tests. */
export interface AppParts {
  version: string;
  registry: Registry;
  inference: Inference;
  /** Undefined where no training is offered. */
  jobs?: Jobs | undefined;
  /** Whether a webhook can be told of the end of a job. Default true; false where nothing could sign it. */
  webhooks?: boolean | undefined;
  /** Where uploaded data sets go; undefined where no training is offered. */
  objects?: ObjectStore | undefined;
  /**
   * What is understood of an uploaded data set, as a training would read it. Undefined: it is not looked at here. Rejects
   * with the signal's reason, DataSetError and StorageError.
   */
  inspectDataSet?: ((path: string, signal: AbortSignal) => Promise<DataSetReport>) | undefined;
  /** How long an uploaded data set is kept after the last job on it has ended. Undefined: for ever. */
  dataSetLifeMs?: number | undefined;
  /** Undefined: everybody may do everything, for a service that only this machine can reach. */
  keys?: ApiKeys | undefined;
  /**
   * Only this machine is meant to reach the service, which has no keys: requests that name another host are refused, since
   * they are of a web page elsewhere whose name was made to lead here. Default false.
   */
  thisMachineOnly?: boolean | undefined;
  /**
   * Hosts that requests may call the service by, beside the names of this machine and, unless `thisMachineOnly`, any IP
   * address: `name`, `*.name`, `*`, each with `:port` or for every port. Undefined: every host, as is right
   * where there are keys.
   */
  allowedHosts?: readonly string[] | undefined;
  /** The caller's address, for limits where there are no keys; the host knows it. */
  clientAddress?: ((c: Context) => string | undefined) | undefined;
  /** Undefined: addresses in requests are refused. */
  fetchUrl?: FetchUrl | undefined;
  /** Signs prediction ids, so that feedback on them can be believed by every replica. At least 32 bytes. */
  secret: Uint8Array;
  limits: Limits;
  /** How bodies may be coded. Default: gzip and deflate, which every runtime knows. */
  contentCodings?: ContentCodings | undefined;
  /**
   * Called when no body is held any more, with the bytes that were taken for bodies since it was called last: a host that can
   * give memory back to the system does it when that was much.
   */
  giveMemoryBack?: ((takenBytes: number) => void) | undefined;
  readiness: Readiness;
  /** Milliseconds since 1970. */
  now(): number;
  logger: Logger;
  /** Origins of web pages elsewhere that may call the service; `*` for any. */
  corsOrigins: readonly string[];
  /** Files of the page by path, `/` first of all. */
  page?: ReadonlyMap<string, PageAsset> | undefined;
  /** The detector that hosts with one model per container mean (SageMaker, Vertex AI). */
  defaultDetector?: { name: string; reference: string } | undefined;
}
