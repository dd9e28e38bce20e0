import type { Comparison } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { promote } from '../api/promote.js';
import { button, element } from '../dom/element.js';
import { formatScore, shortVersion } from '../dom/format.js';
import { problemMessage, sentence } from '../dom/problem-message.js';
import { tableHead } from '../dom/table-head.js';

const PROPOSALS: Readonly<Record<Comparison['proposal'], string>> = {
  promote: 'Use the new version.',
  keep: 'Stay with the version before.',
  weigh: 'Weigh it yourself.',
  unknown: 'There is nothing to compare on.',
};

/** Two versions on the same pictures, what is proposed, and the button that does it. */
export function comparisonView(
  client: Client,
  comparison: Comparison,
  result: { name: string; version: string },
): HTMLElement {
  const { old, new: next, good, bad } = comparison;
  const row = (head: string, one: string | number, two: string | number): HTMLElement =>
    element('tr', {}, element('th', { scope: 'row' }, head), element('td', {}, one), element('td', {}, two));
  const figure = (value: number | null): string => (value === null ? 'not known' : value.toFixed(3));
  const changed = comparison.changed.map(({ name, label, old: before, new: after }) =>
    element('li', {}, `${name}: ${before} before, ${after} now; it is ${label}`),
  );
  return element(
    'div',
    { class: 'comparison' },
    element(
      'p',
      {},
      element('strong', {}, PROPOSALS[comparison.proposal]),
      ` ${sentence(comparison.reason)}`,
    ),
    element(
      'table',
      { class: 'facts' },
      tableHead(['', `before (${shortVersion(old.version ?? '')})`, 'now']),
      element(
        'tbody',
        {},
        // Kinds of parts that do not occur are not mentioned.
        bad > 0 && row(`bad parts found, of ${bad}`, old.found, next.found),
        good > 0 && row(`good parts called bad, of ${good}`, old.falseAlarms, next.falseAlarms),
        bad > 0 && good > 0 && row('AUROC', figure(old.imageAuroc), figure(next.imageAuroc)),
        row('threshold', formatScore(old.threshold), formatScore(next.threshold)),
      ),
    ),
    comparison.heldOut &&
      element(
        'p',
        { class: 'hint' },
        'The good parts are those that the new version was not trained on; the one before may have been.',
      ),
    changed.length > 0 &&
      element('details', {}, element('summary', {}, 'Where they differ'), element('ul', {}, ...changed)),
    promotion(client, result),
  );
}

function promotion(client: Client, { name, version }: { name: string; version: string }): HTMLElement {
  const note = element('span', { class: 'hint', role: 'status' });
  const problem = element('div', {});
  const use = button('Use it in production', '', () => void run());
  const run = async (): Promise<void> => {
    use.disabled = true;
    problem.replaceChildren();
    try {
      await promote(client, name, version);
      note.textContent = 'It is in production. To go back, see Detectors.';
    } catch (error) {
      problem.replaceChildren(problemMessage(error));
      use.disabled = false;
    }
  };
  return element('div', { class: 'promotion' }, use, note, problem);
}
