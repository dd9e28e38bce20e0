import { formatBytes, formatPercent } from '../../terminal/format.js';
import { printable } from '../../terminal/printable.js';
import type { Column } from '../../terminal/table.js';
import type { Difference, VariantComparison } from './compare.js';
import type { FalseAlarms } from './false-alarms.js';
import type { Figure } from './figures.js';
import type { Statistic } from './statistic.js';
import type { Figures, PartSummary, VariantSummary } from './summarize.js';
import type { FormatTable } from './table-format.js';

const SHOWN: readonly (readonly [figure: Figure, title: string])[] = [
  ['imageAuroc', 'image AUROC'],
  ['pixelAuroc', 'pixel AUROC'],
  ['aupro', 'AUPRO'],
  ['aupro5', 'to 0.05'],
  ['f1', 'F1'],
  ['detectionRate', 'found'],
  ['locationRate', 'located'],
  ['regionPrecision', 'tight'],
];

const COLUMNS: readonly Column[] = [
  { title: 'category' },
  ...SHOWN.map(([, title]): Column => ({ title, align: 'right' })),
  { title: 'false alarms', align: 'right' },
  { title: 'promised', align: 'right' },
  { title: 'training', align: 'right' },
  { title: 'scoring', align: 'right' },
  { title: 'size', align: 'right' },
];

/** One table per variant: a row per category, and the average. */
export function summaryLines(variants: readonly VariantSummary[], format: FormatTable): string[] {
  return variants.flatMap(({ name, kind, categories, average, falseAlarms, parts }, i) => {
    const seeds = Math.max(...categories.map((each) => each.seeds.length));
    const rows = categories.map((each) => [
      printable(each.category),
      ...cellsOf(each.figures, each.falseAlarms),
    ]);
    const total = categories.length > 1 ? [['average', ...cellsOf(average, falseAlarms)]] : [];
    const caption = `${name}${kind === 'peer' ? ' (peer)' : ''}, ${seeds === 1 ? '1 seed' : `${seeds} seeds`}`;
    return [
      ...(i > 0 ? [''] : []),
      ...format(printable(caption), COLUMNS, [
        ...rows,
        ...total,
        ...(parts
          ? [...partRow('chosen on', parts.chosenOn), ...partRow('confirmed on', parts.confirmedOn)]
          : []),
      ]),
    ];
  });
}

function partRow(what: string, { categories, average, falseAlarms }: PartSummary): string[][] {
  if (categories.length === 0) return [];
  return [[printable(`${what} ${categories.join(', ')}`), ...cellsOf(average, falseAlarms)]];
}

/** What the columns mean, said once. */
export const NOTES: readonly string[] = [
  'to 0.05: AUPRO up to a false-positive rate of 0.05 instead of 0.3',
  'found: share of the bad images at or above the calibrated threshold; at its place: of those with a mask, with a region ' +
    'that meets it; tight: share of the reported pixels that lie in a defect',
  'false alarms: share of unseen good images called bad at the calibrated threshold, with its 95 % interval; ' +
    'promised: what the calibration said, "!" where that lies outside',
  'an average is over the categories that have the figure',
];

function cellsOf(figures: Figures, alarms: FalseAlarms | null): string[] {
  return [
    ...SHOWN.map(([figure]) => shareText(figures[figure])),
    alarms ? `${percent(alarms.rate)} (${percent(alarms.interval[0])}-${percent(alarms.interval[1])})` : '–',
    alarms ? `${percent(alarms.promised)}${alarms.holds ? '' : ' !'}` : '–',
    timeText(figures.trainingSeconds, 's'),
    timeText(figures.scoringSeconds, 'ms'),
    figures.bundleBytes ? formatBytes(figures.bundleBytes.mean) : '–',
  ];
}

/** A table per pair of variants: what stands first minus the other. */
export function comparisonLines(
  comparisons: readonly VariantComparison[],
  other: string | undefined,
  format: FormatTable,
): string[] {
  return comparisons.flatMap(({ here, there, pairs, categories, differences }) => {
    const rows = categories.map((each) => [printable(each.category), ...differenceCells(each.differences)]);
    const total = categories.length > 1 ? [['all', ...differenceCells(differences)]] : [];
    const place = other === undefined ? there : `${there} of ${other}`;
    return [
      '',
      ...format(
        printable(`${here} minus ${place}: mean difference of ${pairs} pairs ± its deviation (better:worse)`),
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

/** To two digits, which is all that so few images can tell. */
const percent = (rate: number): string => formatPercent(Number(rate.toPrecision(2)));
