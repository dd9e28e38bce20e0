export { createNodeInference, type NodeInferenceOptions } from '@cflow/inference/node';
export { loadPage } from './node/load-page.js';
export { serveUntilTold } from './node/serve-until-told.js';
export { BREAKDOWN_CODES } from './node/service-breakdown.js';
export {
  readServiceEnvironment,
  type ServiceEnvironment,
  serviceEnvironmentSchema,
} from './node/service-configuration.js';
export type { InspectDataSet, RunningWorker, StartWorker, WorkerParts } from './node/service-jobs.js';
export { serviceOpenApi } from './node/service-open-api.js';
export { type Service, type ServiceOptions, startService } from './node/start-service.js';
