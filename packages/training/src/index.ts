export { evenlySpaced } from './evenly-spaced.js';
export type { OnTrainingEvent, TrainingEvent } from './events.js';
export { learningRate, type Schedule } from './learning-rate.js';
export { type PlanOverrides, PRESETS, type Preset, planTraining, type TrainingPlan } from './plan.js';
export { selectImages } from './select-images.js';
export { type TrainInMemoryOptions, trainInMemory } from './train-in-memory.js';
export { type BundleTraining, type TrainingBackbone, trainingFromBundle } from './training-backbone.js';
