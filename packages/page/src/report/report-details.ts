import { element } from '../dom/element.js';
import { problemMessage } from '../dom/problem-message.js';

/** The report of a training, shown in place once somebody opens it. @param load its HTML */
export function reportDetails(load: () => Promise<string>): HTMLDetailsElement {
  const place = element('div', {});
  const details = element('details', { class: 'report' }, element('summary', {}, 'Report'), place);
  const show = async (): Promise<void> => {
    place.replaceChildren(element('p', { class: 'hint', role: 'status' }, 'Loading …'));
    try {
      const [text, { reportView }] = await Promise.all([load(), import('./report-view.js')]);
      place.replaceChildren(reportView(text));
    } catch (error) {
      place.replaceChildren(problemMessage(error, () => void show()));
    }
  };
  details.addEventListener('toggle', () => {
    if (details.open && place.childElementCount === 0) void show();
  });
  return details;
}
