import { printable } from '../../terminal/printable.js';
import type { LeftOutChoice, Standing } from './leave-one-out.js';
import { statistic } from './statistic.js';
import type { FormatTable } from './table-format.js';

/** For each category, what a detector chosen on the others gives there. */
export function choiceLines(choices: readonly LeftOutChoice[], format: FormatTable): string[] {
  if (choices.length === 0) return [];
  const place = (standing: Standing | null): string =>
    standing ? `${standing.value.toFixed(3)} ${printable(standing.variant)}` : '–';
  const mean = (values: readonly (number | undefined)[]): string => statistic(values)?.mean.toFixed(3) ?? '–';
  return [
    '',
    ...format(
      'Chosen on all categories but one, by image AUROC, and confirmed on that one',
      [
        { title: 'left out' },
        { title: 'chosen on the others' },
        { title: 'best there' },
        { title: 'best peer there' },
      ],
      [
        ...choices.map(({ category, chosen, best, bestPeer }) => [
          printable(category),
          place(chosen),
          place(best),
          place(bestPeer),
        ]),
        [
          'average',
          mean(choices.map(({ chosen }) => chosen.value)),
          mean(choices.map(({ best }) => best.value)),
          mean(choices.map(({ bestPeer }) => bestPeer?.value)),
        ],
      ],
    ),
  ];
}
