import { ServiceError } from '../api/service-error.js';
import { button, element } from './element.js';

/** An error in words: what it is, each thing that is wrong, and the id to name when asking for help. */
export function problemMessage(error: unknown, retry?: () => void): HTMLElement {
  const problem = error instanceof ServiceError ? error.problem : undefined;
  const text = error instanceof Error ? error.message : String(error);
  return element(
    'div',
    { class: 'problem', role: 'alert' },
    problem && element('strong', {}, problem.title),
    element('p', {}, text),
    problem?.errors &&
      element(
        'ul',
        {},
        ...problem.errors.map(({ path, message }) =>
          element('li', {}, path ? `${path}: ${message}` : message),
        ),
      ),
    problem?.attempts &&
      element(
        'ul',
        {},
        ...problem.attempts.map(({ device, reason }) => element('li', {}, `${device}: ${reason}`)),
      ),
    problem && element('p', { class: 'hint' }, 'Request ', element('code', {}, problem.requestId)),
    retry && button('Try again', '', retry),
  );
}
