export {
  AutomaticDetector,
  type AutomaticPrediction,
  type NotUsed,
  type Preference,
} from './automatic-detector.js';
export { type CreateDetectorOptions, createDetector } from './create-detector.js';
