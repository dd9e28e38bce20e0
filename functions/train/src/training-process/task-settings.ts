import { dataSetReadingFields, presetFor, scheduleFields, type TrainingSettings } from '@cflow/spec';
import type { TrainingTask } from './messages.js';

/** What of a task says how is trained, rather than where and on what. */
export type TaskSettings = Pick<
  TrainingTask,
  'reading' | 'preset' | 'configuration' | 'overrides' | 'precision' | 'strict' | 'evaluate'
>;

/** The settings of a training run as its process takes them. */
export function taskSettings(settings: TrainingSettings): TaskSettings {
  const { configuration, precision, strict, evaluate } = settings;
  const overrides = given(settings, scheduleFields);
  return {
    reading: given(settings, dataSetReadingFields),
    preset: settings.preset ?? presetFor({ ...configuration, ...overrides }),
    configuration: configuration as TrainingTask['configuration'],
    overrides,
    precision,
    strict,
    evaluate,
  };
}

/** The fields that have a value. */
function given<F extends object>(
  settings: TrainingSettings,
  fields: F,
): { [K in keyof F & keyof TrainingSettings]?: Exclude<TrainingSettings[K], undefined> } {
  const named = Object.entries(settings).filter(
    ([name, value]) => Object.hasOwn(fields, name) && value !== undefined,
  );
  return Object.fromEntries(named) as never;
}
