// `node dist/main.js [train] [options]`: the entry point of containers that train.
import { runTrainVerb } from './verb/run-train-verb.js';

const [verb, ...rest] = process.argv.slice(2);
process.exitCode = await runTrainVerb(verb === 'train' ? rest : process.argv.slice(2), process.env);
