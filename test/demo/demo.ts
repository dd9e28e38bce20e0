// Renders an inspection set, trains a detector on it, evaluates it and shows what it sees, by the commands that a user
// would type. Nothing is downloaded: the backbone comes with the packages.
//
//   npm run demo                     into ./demo-out, then a server with a page until Ctrl-C
//   npm run demo -- --no-serve       without the server
//   npm run demo -- --json           the last line of stdout is one JSON object of figures and paths
//   npm run demo -- --output DIR --material wood --seed 3
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { CflowFailed, runCflow, serveUntilInterrupted } from './run-cflow.js';

const MATERIAL = 'brushed-metal';
/** What the demo promises of its default material. */
const LEAST_IMAGE_AUROC = 0.95;

interface Figures {
  imageAuroc: number;
  pixelAuroc: number;
  aupro: number;
  f1: number;
  falseAlarmRate: number;
  detectionRate: number;
  [name: string]: unknown;
}

async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: {
      output: { type: 'string', default: 'demo-out' },
      material: { type: 'string', default: MATERIAL },
      seed: { type: 'string', default: '1' },
      train: { type: 'string', default: '120' },
      json: { type: 'boolean', default: false },
      'no-serve': { type: 'boolean', default: false },
      port: { type: 'string', default: '8080' },
    },
  });
  const { output, material, seed, train } = values;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const step = (args: readonly string[]): void => say(`\n$ cflow ${args.join(' ')}`);
  const started = performance.now();
  const paths = {
    dataSet: join(output, 'parts', material),
    bundle: join(output, `${material}.cflow`),
    report: join(output, `${material}.cflow`, 'report.html'),
    evaluation: join(output, 'evaluation'),
    contactSheet: join(output, 'evaluation', 'contact-sheet.png'),
    overlays: join(output, 'overlays'),
    predictions: join(output, 'predictions.jsonl'),
  };
  await mkdir(output, { recursive: true });

  const synth = ['synth', join(output, 'parts'), '--materials', material, '--train', train, '--seed', seed];
  step(synth);
  await runCflow(synth);

  const training = ['train', paths.dataSet, '--output', paths.bundle];
  step(training);
  const trained = performance.now();
  say((await runCflow(training)).trimEnd());
  const trainSeconds = (performance.now() - trained) / 1000;

  const evaluation = ['evaluate', paths.bundle, paths.dataSet, '--output', paths.evaluation, '--json'];
  step(evaluation);
  const figures = JSON.parse(await runCflow(evaluation)) as Figures;
  say(`image AUROC ${figures.imageAuroc.toFixed(3)}, pixel AUROC ${figures.pixelAuroc.toFixed(3)}`);

  const images = join(paths.dataSet, 'test');
  const prediction = ['predict', paths.bundle, images, '--overlays', paths.overlays, '--json'];
  step(prediction);
  await writeFile(paths.predictions, await runCflow(prediction));

  const seconds = (performance.now() - started) / 1000;
  const passed = material !== MATERIAL || figures.imageAuroc >= LEAST_IMAGE_AUROC;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...figures, ...paths, trainSeconds, seconds, passed })}\n`);
  } else {
    const share = (rate: number): string => `${Math.round(rate * 100)} %`;
    process.stdout.write(`
Done in ${Math.round(seconds)} s.

image AUROC ${figures.imageAuroc.toFixed(3)}   pixel AUROC ${figures.pixelAuroc.toFixed(3)}   AUPRO ${figures.aupro.toFixed(3)}   best F1 ${figures.f1.toFixed(3)}
${share(figures.detectionRate)} of the defects found, ${share(figures.falseAlarmRate)} false alarms at the threshold that the good images gave

report         ${shown(paths.report)}
contact sheet  ${shown(paths.contactSheet)}
overlays       ${shown(paths.overlays)}
bundle         ${shown(paths.bundle)}

Next: npx cflow predict ${shown(paths.bundle)} YOUR-IMAGES
`);
  }
  if (!passed) {
    say(`expected an image AUROC of at least ${LEAST_IMAGE_AUROC}, got ${figures.imageAuroc}`);
    process.exitCode = 1;
    return;
  }
  // Whoever reads JSON waits for the end of the output, and a server would keep it open.
  if (values['no-serve'] || values.json) return;
  const serving = [
    'serve',
    paths.bundle,
    '--store',
    join(output, 'store'),
    '--port',
    values.port,
    '--log',
    'warn',
  ];
  step(serving);
  say('The page is at the address below. Ctrl-C ends it.');
  await serveUntilInterrupted(serving);
}

const shown = (path: string): string => relative(process.cwd(), path) || path;

try {
  await demo();
} catch (error) {
  if (!(error instanceof CflowFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
