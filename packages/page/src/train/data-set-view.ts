import { dataSetRows } from '@cflow/images';
import type { DataSetReport } from '@cflow/sdk';
import { element } from '../dom/element.js';

const SIGNS: Readonly<Record<string, string>> = { error: 'Stops', warning: 'Warning', note: 'Note' };

/** How a data set is understood before it is trained on, in the words of `cflow inspect`. */
export function dataSetView(report: DataSetReport): HTMLElement {
  const rows = dataSetRows(report).map(([title, text]) =>
    element(
      'tr',
      title in SIGNS ? { class: title } : {},
      element('th', { scope: 'row' }, SIGNS[title] ?? title),
      element('td', {}, text),
    ),
  );
  return element(
    'div',
    { class: 'scroll understood', tabindex: 0, role: 'region', 'aria-label': 'What was understood' },
    element('table', { class: 'facts' }, element('tbody', {}, ...rows)),
  );
}
