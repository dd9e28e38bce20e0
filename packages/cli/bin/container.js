// The container's entry point: `serve`, `train` and every other command. Hosts such as SageMaker start an image with
// one of these words and nothing else, so `train` without a data set is the worker, configured by variables and files.
import module from 'node:module';
import process from 'node:process';

module.enableCompileCache?.();
const [verb = 'serve', ...rest] = process.argv.slice(2);
if (verb === 'train' && !rest.some((word) => !word.startsWith('-'))) {
  const { runTrainVerb } = await import('@cflow/train-worker');
  process.exitCode = await runTrainVerb(rest, process.env);
  // An output that nobody reads would hold the process for ever.
  setTimeout(() => process.exit(), 1000).unref();
} else {
  const { main } = await import(new URL('../dist/main.js', import.meta.url).href);
  await main([...process.argv.slice(0, 2), verb, ...rest]);
}
