import { element } from './element.js';

/** The row of headings of a table; an empty one is no heading. */
export function tableHead(heads: readonly string[]): HTMLElement {
  const cells = heads.map((head) => (head === '' ? element('td') : element('th', { scope: 'col' }, head)));
  return element('thead', {}, element('tr', {}, ...cells));
}
