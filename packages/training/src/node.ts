export { type TrainDetectorOptions, trainDetector } from './node/train-detector.js';
