// Prints, on stdout and nothing else there, one JSON object per line: a case compared with a peer. Everything for
// people goes to stderr.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchLine } from './bench-line.js';
import { benchCold } from './cold/bench-cold.js';
import { benchGraphs } from './graphs/bench-graphs.js';
import { benchMemory } from './memory/bench-memory.js';
import { findPython } from './peer/find-python.js';
import { Peer } from './peer/peer.js';
import { benchQuality } from './quality/bench-quality.js';
import { benchRace } from './race/bench-race.js';
import { writeSection } from './report/write-section.js';
import { benchScore } from './score/bench-score.js';
import { benchServe } from './serve/bench-serve.js';
import { benchTracing } from './tracing/bench-tracing.js';
import { benchTrain } from './train/bench-train.js';

const BENCHES = {
  score: benchScore,
  train: benchTrain,
  serve: benchServe,
  cold: benchCold,
  tracing: benchTracing,
  memory: benchMemory,
  graphs: benchGraphs,
  race: benchRace,
} as const;
/** Those that anomalib has a part in. */
const WITH_PEER: readonly string[] = ['score', 'train', 'race'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const USAGE = [
  'usage: npm run --silent bench -- score|train|serve|cold|tracing|memory|graphs|race|quality',
  '  [--quick] [--only <part of a name>] [--threads <n>] [--write <file>]',
  '  serve: [--minutes <n>]',
  '  quality --root <folder of data sets> [--sets <a,b>] [--peers <a,b>] [options of cflow benchmark]',
  '  race: [--data <data set> [--backbone <name>] [--weights <file>] [--layers <a,b,c>]] [--seeds <n>] [--epochs <n>]',
].join('\n');

const log = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  // It has the options of a command, and tables instead of lines.
  if (first === 'quality') return benchQuality(rest, ROOT, log);
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      minutes: { type: 'string', default: '10' },
      data: { type: 'string' },
      backbone: { type: 'string' },
      weights: { type: 'string' },
      layers: { type: 'string', default: '' },
      seeds: { type: 'string', default: '3' },
      epochs: { type: 'string', default: '12' },
      write: { type: 'string' },
      threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    },
  });
  const [which] = positionals;
  const threads = Number(values.threads);
  if (positionals.length !== 1 || !isBench(which)) throw new Error(USAGE);
  if (!Number.isInteger(threads) || threads < 1) throw new Error(`--threads ${values.threads}: ${USAGE}`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: ${USAGE}`);
  const [seeds, epochs] = [Number(values.seeds), Number(values.epochs)];
  if (!(seeds >= 1 && epochs >= 1))
    throw new Error(`--seeds ${values.seeds} --epochs ${values.epochs}: ${USAGE}`);
  const race = {
    ...(values.data !== undefined && { path: values.data }),
    ...(values.backbone !== undefined && { backbone: values.backbone }),
    weights: values.weights,
    layers: values.layers.split(',').filter(Boolean),
    seeds,
    epochs,
  };
  const [load = 0] = loadavg();
  if (load > 0.5) log(`the machine is busy (load ${load.toFixed(1)}): look at the ratios, not at the times`);
  const folder = await mkdtemp(join(tmpdir(), 'cflow-bench-'));
  let peer: Peer | undefined;
  try {
    if (WITH_PEER.includes(which)) peer = await startPeer(threads);
    const { quick, only } = values;
    const lines: BenchLine[] = [];
    const found = which === 'memory' ? await findPython(ROOT) : undefined;
    const python = found && 'python' in found ? found.python : undefined;
    const surroundings = { quick, only, threads, minutes, race, folder, peer, python, log };
    for await (const line of BENCHES[which](surroundings)) {
      lines.push(line);
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    if (values.write !== undefined) {
      await writeSection(values.write, { bench: which, arguments: options(process.argv), lines, load });
    }
  } finally {
    peer?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What was asked for beside the bench and the place of the report. */
function options(argv: readonly string[]): string[] {
  const given = argv.slice(3);
  const place = given.findIndex((each) => each === '--write' || each.startsWith('--write='));
  if (place === -1) return given;
  return given.filter((_, index) => index !== place && (index !== place + 1 || given[place] !== '--write'));
}

const isBench = (which: string | undefined): which is keyof typeof BENCHES =>
  which !== undefined && Object.hasOwn(BENCHES, which);

/** anomalib, or a line that says why there will be no comparison with it. */
async function startPeer(threads: number): Promise<Peer | undefined> {
  const found = await findPython(ROOT);
  try {
    if ('python' in found) return await Peer.start(found.python, threads);
    log(`not compared with anomalib itself: ${found.missing}`);
  } catch (error) {
    log(`not compared with anomalib itself, since it does not start: ${(error as Error).message}`);
  }
  return undefined;
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
