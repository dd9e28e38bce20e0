export { type CalibrateThroughputOptions, calibrateThroughput } from './detector/calibrate-throughput.js';
export { type CheckTrainingOptions, checkTraining } from './run/check-training.js';
export { type ImportDetectorOptions, type ImportedDetector, importDetector } from './run/import-detector.js';
export { type AskedForRun, askedOfRun } from './run/run-folder.js';
export { trainDetector } from './run/train-detector.js';
export type { TrainDetectorOptions } from './run/train-detector-options.js';
