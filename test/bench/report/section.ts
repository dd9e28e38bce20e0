import { createRequire } from 'node:module';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { BenchLine } from '../bench-line.js';

export interface Section {
  /** The bench, as on the command line. */
  bench: string;
  /** Arguments after it. */
  arguments: readonly string[];
  lines: readonly BenchLine[];
  /** Load of the machine when the run began: busy neighbors widen the spread. */
  load: number;
}

const TITLES: Readonly<Record<string, string>> = {
  score: 'Scoring',
  train: 'Training steps',
  serve: 'The service',
  cold: 'Cold start',
  graphs: 'One graph against two',
  memory: 'Peak memory',
  race: 'How long until it is good',
};

/** A run's figures in Markdown: all of one table are of one run. */
export function sectionText(section: Section): string {
  const { bench, lines, load } = section;
  const command = ['npm run --silent bench --', bench, ...section.arguments].join(' ');
  const busy = load > 0.5 ? `, load ${load.toFixed(1)} when the run began` : '';
  const rows = lines.map(({ name, value, unit, peer, peerValue, ratio, ratioSpread }) =>
    row([
      name.replace(`${bench}/`, ''),
      `${value} ${unit}`,
      peer,
      `${peerValue} ${unit}`,
      String(ratio),
      ratioSpread ? `${ratioSpread[0]} to ${ratioSpread[1]}` : '',
    ]),
  );
  return [
    `## ${TITLES[bench] ?? bench}`,
    '',
    // In the line, not a block: what pages show as blocks is run by their test, and this takes long.
    `One run of \`${command}\` on ${machine()}${busy}.`,
    '',
    row(['case', 'cflow', 'compared with', 'which takes', 'ratio', 'half of the ratios']),
    row(['---', '--:', '---', '--:', '--:', '---']),
    ...rows,
  ].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** What a reader needs to know of the machine, and nothing that tells whose it is. */
function machine(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return (
    `${availableParallelism()} cores of ${model}, ${gigabytes} GB, ${platform()} ${release().split('-')[0]}, ` +
    `Node ${process.versions.node}, onnxruntime-node ${version}`
  );
}
