export { extractModel } from './extract-model.js';
export type { ExternalLocation, ForeignModel, ForeignValue } from './foreign-model.js';
export { importModel } from './import-model.js';
export { readModel } from './read-model.js';
export { externalLocation, readTensor } from './read-tensor.js';
export { writeForeignModel } from './write-foreign-model.js';
