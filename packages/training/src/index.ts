export { evenlySpaced } from '@cflow/images';
export {
  type BundleTraining,
  type TrainingBackbone,
  trainingFromBundle,
} from './backbone/training-backbone.js';
export type { OnTrainingEvent, TrainingEvent } from './events.js';
export { selectImages } from './images/select-images.js';
export { learningRate, type Schedule } from './plan/learning-rate.js';
export { type PlanOverrides, PRESETS, type Preset, planTraining, type TrainingPlan } from './plan/plan.js';
export { type TrainInMemoryOptions, trainInMemory } from './run/train-in-memory.js';
