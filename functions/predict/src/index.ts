export {
  createInference,
  type FinishedImage,
  type FinishTask,
  type ImageCodecs,
  type ImageWork,
  type Inference,
  InferenceError,
  type InferenceErrorCode,
  type InferenceObserver,
  type InferenceParts,
  type InferenceRequest,
  type InferenceResult,
  type InferenceStatus,
  type InputImage,
  type LoadedDetector,
  type PlanarImage,
  type PreparedImage,
  type PrepareTask,
  type ShadowedInference,
} from '@cflow/inference';
export type { Logger } from '@cflow/spec';
export { type AppExtras, createApp } from './app/create-app.js';
export type { AppEnvironment } from './app/environment.js';
export type { App } from './app/new-app.js';
export type { AppParts, FetchUrl, Limits, PageAsset } from './app/parts.js';
export { ProblemError, problem } from './app/problem.js';
export type { Readiness } from './app/readiness.js';
export { requires } from './app/requires.js';
export { type OpenApiDocument, openApiDocument } from './openapi/open-api-document.js';
export { publishedOpenApi } from './openapi/published-open-api.js';
export * from './security/api-keys.js';
export * from './security/hashed-api-keys.js';
