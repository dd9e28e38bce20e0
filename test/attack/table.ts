import type { Outcome } from './outcome.js';

const TITLES = [
  'attack',
  'host',
  'answers',
  '/livez silent',
  'turn',
  'memory MB',
  'descriptors',
  's',
  'verdict',
];
const megabytes = (bytes: number): string => String(Math.round(bytes / 1e6));

/** Outcomes under each other, what was at fault below its row. */
export function tableLines(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.map(cells);
  const widths = TITLES.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] as string).length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    line(TITLES),
    ...outcomes.flatMap((outcome, i) => [
      line(rows[i] as string[]),
      ...outcome.faults.slice(0, 12).map((fault) => `    ${fault}`),
    ]),
  ];
}

function cells(outcome: Outcome): string[] {
  const {
    attack,
    host,
    statuses,
    silenceMs,
    controlSilenceMs,
    turnMs,
    memory,
    descriptors,
    seconds,
    notes,
    faults,
    skipped,
  } = outcome;
  if (skipped !== undefined) return [attack, host, '', '', '', '', '', '', `not done: ${skipped}`];
  const answers = Object.entries(statuses).map(
    ([status, count]) => `${count} x ${status === '0' ? 'none' : status}`,
  );
  return [
    attack,
    host,
    answers.join(', ') || '-',
    `${silenceMs} ms (${controlSilenceMs})`,
    turnMs === undefined ? '-' : `${turnMs} ms`,
    `${megabytes(memory.before)} ${megabytes(memory.peak)} ${megabytes(memory.after)}`,
    `${descriptors.before} ${descriptors.after}`,
    String(seconds),
    [faults.length === 0 ? 'held' : `BROKE (${faults.length})`, ...notes].join('; '),
  ];
}
