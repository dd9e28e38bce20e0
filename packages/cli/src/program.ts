import { Command } from 'commander';
import { EXIT_CODES_HELP } from './exit-code.js';
import { packageVersion } from './package-version.js';

/** A command before its options are known: those are loaded when it is the one that is asked for. */
interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<(command: Command) => void>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'train',
    summary: 'train a detector on images of good parts',
    load: async () => (await import('./commands/train/command.js')).defineTrain,
  },
  {
    name: 'inspect',
    summary: 'show how a data set is understood, and what is odd about it',
    load: async () => (await import('./commands/inspect/command.js')).defineInspect,
  },
  {
    name: 'evaluate',
    summary: 'measure a detector on labelled images',
    load: async () => (await import('./commands/evaluate/command.js')).defineEvaluate,
  },
  {
    name: 'benchmark',
    summary: 'train and measure on several data sets, with mean and spread',
    load: async () => (await import('./commands/benchmark/command.js')).defineBenchmark,
  },
  {
    name: 'predict',
    summary: 'score images: files, folders, globs',
    load: async () => (await import('./commands/predict/command.js')).definePredict,
  },
  {
    name: 'watch',
    summary: 'watch a line: score what arrives, and deliver the verdicts where they are needed',
    load: async () => (await import('./commands/watch/command.js')).defineWatch,
  },
  {
    name: 'calibrate',
    summary: 'calibrate a detector for cards that round products (TF32)',
    load: async () => (await import('./commands/calibrate/command.js')).defineCalibrate,
  },
  {
    name: 'export',
    summary: 'write a detector as one ONNX file',
    load: async () => (await import('./commands/export/command.js')).defineExport,
  },
  {
    name: 'import',
    summary: "make a detector from a checkpoint of anomalib's Cflow",
    load: async () => (await import('./commands/import/command.js')).defineImport,
  },
  {
    name: 'serve',
    summary: 'answer predictions over HTTP, with a page and training jobs',
    load: async () => (await import('./commands/serve/command.js')).defineServe,
  },
  {
    name: 'key',
    summary: 'make an API key for the service',
    load: async () => (await import('./commands/key/command.js')).defineKey,
  },
  {
    name: 'backbone',
    summary: 'list and fetch feature extractors',
    load: async () => (await import('./commands/backbone/command.js')).defineBackbone,
  },
  {
    name: 'cuda',
    summary: 'install what NVIDIA cards need',
    load: async () => (await import('./commands/cuda/command.js')).defineCuda,
  },
  {
    name: 'doctor',
    summary: 'show what works on this machine, and why the rest does not',
    load: async () => (await import('./commands/doctor/command.js')).defineDoctor,
  },
  {
    name: 'synth',
    summary: 'render an inspection data set to try things with',
    load: async () => (await import('./commands/synth/command.js')).defineSynth,
  },
];

/**
 * The whole command line. Only the options of commands that the arguments name are loaded, which keeps the start quick.
 *
 * @param args without interpreter and script
 */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('cflow')
    .description(
      'Finds what is wrong with a part after seeing good ones only (CFLOW anomaly detection, on ONNX Runtime).',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  program.addHelpText('after', `\n${EXAMPLES}\n\n${EXIT_CODES_HELP}`);
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary);
    command.showHelpAfterError(`("cflow ${name} --help" shows what it takes)`);
    if (!args.includes(name)) continue;
    (await load())(command);
    command.optionsGroup('Other:').option('--verbose', 'show details, and where an error happened');
    command.helpOption('-h, --help', 'show help');
    command.addHelpText('after', `\n${EXIT_CODES_HELP}`);
  }
  return program;
}

const EXAMPLES = `Examples:
  cflow synth parts --materials wood                 render a data set to play with
  cflow train parts/wood                             train on it, giving wood.cflow
  cflow predict wood.cflow parts/wood/test           score images
  cflow serve wood.cflow                             answer over HTTP
  cflow <command> --help                             show what a command takes`;
