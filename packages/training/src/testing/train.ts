// Trains a detector in a process of its own. Argument: JSON of `{ source, output, options }`. Prints `epoch` for every
// epoch of a decoder, and last the error that it met, as JSON, or `{}`.
import { openDataSet } from '@cflow/images/node';
import type { CflowError } from '@cflow/spec';
import { trainDetector } from '../run/train-detector.js';
import type { TrainDetectorOptions } from '../run/train-detector-options.js';
import { tinyRun } from './tiny-run.js';

interface Request {
  source: string;
  output: string;
  options?: Partial<TrainDetectorOptions>;
}

const { source, output, options } = JSON.parse(process.argv[2] as string) as Request;
try {
  const onEvent: TrainDetectorOptions['onEvent'] = ({ type }) => {
    if (type === 'epoch') console.log(type);
  };
  await trainDetector(tinyRun(await openDataSet(source), output, { ...options, onEvent }));
  console.log('{}');
} catch (error) {
  const { name, code, message } = error as CflowError;
  console.log(JSON.stringify({ name, code, message }));
}
