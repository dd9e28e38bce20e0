export { type CalibrateThroughputOptions, calibrateThroughput } from './node/calibrate-throughput.js';
export { type ImportDetectorOptions, type ImportedDetector, importDetector } from './node/import-detector.js';
export { type AskedForRun, askedOfRun } from './node/run-folder.js';
export { type TrainDetectorOptions, trainDetector } from './node/train-detector.js';
