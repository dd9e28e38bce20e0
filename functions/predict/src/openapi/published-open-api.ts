import { type AppExtras, createApp } from '../app/create-app.js';
import type { App } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { type OpenApiDocument, openApiDocument } from './open-api-document.js';

/**
 * What a service of this version offers, to be published as a file: made from the routes alone, without a registry or
 * anything else that they would need to be called.
 */
export function publishedOpenApi(version: string, extras: AppExtras = {}): OpenApiDocument {
  return openApiDocument(describedApp(version, extras), version);
}

/** An app that can be described, and no more than that. */
export function describedApp(version: string, extras: AppExtras = {}): App {
  const silent = (): void => {};
  const described: Partial<AppParts> = {
    version,
    secret: crypto.getRandomValues(new Uint8Array(32)),
    limits: { bodyBytes: 0, uploadBytes: 0, requestTimeoutMs: 0, bodyTimeoutMs: 0, rate: null },
    readiness: { state: 'starting', detail: '' },
    now: Date.now,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    corsOrigins: [],
  };
  // No route is called, so that what only handlers need may be missing.
  return createApp(described as AppParts, extras);
}
