import { formatPercent } from '../terminal/format.js';
import { printable } from '../terminal/printable.js';
import { type Column, tableLines } from '../terminal/table.js';
import type { Difference, VariantComparison } from './compare.js';
import type { FalseAlarms } from './false-alarms.js';
import type { Figure } from './figures.js';
import type { Statistic } from './statistic.js';
import type { Figures, VariantSummary } from './summarize.js';

const SHOWN: readonly (readonly [figure: Figure, title: string])[] = [
  ['imageAuroc', 'image AUROC'],
  ['pixelAuroc', 'pixel AUROC'],
  ['aupro', 'AUPRO'],
  ['f1', 'F1'],
];

const COLUMNS: readonly Column[] = [
  { title: 'category' },
  ...SHOWN.map(([, title]): Column => ({ title, align: 'right' })),
  { title: 'false alarms', align: 'right' },
  { title: 'promised', align: 'right' },
  { title: 'training', align: 'right' },
  { title: 'scoring', align: 'right' },
];

/** One table per variant: a row per category, and the average. */
export function summaryLines(variants: readonly VariantSummary[]): string[] {
  return variants.flatMap(({ backbone, preset, categories, average, falseAlarms }, i) => {
    const seeds = Math.max(...categories.map((each) => each.seeds.length));
    const rows = categories.map((each) => [
      printable(each.category),
      ...cellsOf(each.figures, each.falseAlarms),
    ]);
    const total = categories.length > 1 ? [['average', ...cellsOf(average, falseAlarms)]] : [];
    return [
      ...(i > 0 ? [''] : []),
      printable(`${backbone}, ${preset}, ${seeds === 1 ? '1 seed' : `${seeds} seeds`}`),
      ...tableLines(COLUMNS, [...rows, ...total]),
    ];
  });
}

/** What the columns of false alarms mean, said once. */
export const FALSE_ALARM_NOTE: string =
  'false alarms: share of unseen good images called bad at the calibrated threshold, with its 95 % interval; ' +
  'promised: what the calibration said, "!" where that lies outside';

function cellsOf(figures: Figures, alarms: FalseAlarms | null): string[] {
  return [
    ...SHOWN.map(([figure]) => shareText(figures[figure])),
    alarms ? `${percent(alarms.rate)} (${percent(alarms.interval[0])}-${percent(alarms.interval[1])})` : '–',
    alarms ? `${percent(alarms.promised)}${alarms.holds ? '' : ' !'}` : '–',
    timeText(figures.trainingSeconds, 's'),
    timeText(figures.scoringSeconds, 'ms'),
  ];
}

/** A table per pair of variants: differences of this run to the other. */
export function comparisonLines(comparisons: readonly VariantComparison[], other: string): string[] {
  return comparisons.flatMap(({ here, there, pairs, categories, differences }) => {
    const name = ({ backbone, preset }: { backbone: string; preset: string }): string =>
      `${backbone}, ${preset}`;
    const rows = categories.map((each) => [printable(each.category), ...differenceCells(each.differences)]);
    const total = categories.length > 1 ? [['all', ...differenceCells(differences)]] : [];
    return [
      '',
      printable(
        `${name(here)} minus ${name(there)} of ${other}: mean difference of ${pairs} pairs ± its deviation (better:worse)`,
      ),
      ...tableLines(
        [
          { title: 'category' },
          ...SHOWN.map(([, title]): Column => ({ title, align: 'right' })),
          { title: 'false alarms', align: 'right' },
        ],
        [...rows, ...total],
      ),
    ];
  });
}

function differenceCells(differences: Record<Figure, Difference | null>): string[] {
  return [...SHOWN.map(([figure]) => figure), 'falseAlarmRate' as const].map((figure) => {
    const difference = differences[figure];
    if (!difference) return '–';
    const { mean, spread, better, worse } = difference;
    const deviation = spread === null ? '' : ` ± ${spread.toFixed(3)}`;
    return `${mean < 0 ? '' : '+'}${mean.toFixed(3)}${deviation} (${better}:${worse})`;
  });
}

/** A figure in [0, 1]: `0.912 ± 0.004`. */
export function shareText(value: Statistic | null): string {
  if (!value) return '–';
  const { mean, spread } = value;
  return spread === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${spread.toFixed(3)}`;
}

function timeText(value: Statistic | null, unit: 's' | 'ms'): string {
  if (!value) return '–';
  return `${Number((value.mean * (unit === 'ms' ? 1000 : 1)).toPrecision(3))} ${unit}`;
}

/** To two digits, which is what so few images can tell. */
const percent = (rate: number): string => formatPercent(Number(rate.toPrecision(2)));
