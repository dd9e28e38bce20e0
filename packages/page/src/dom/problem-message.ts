import { ApiError, ConnectionError } from '@cflow/sdk';
import { button, element } from './element.js';

interface Told {
  text: string;
  errors?: readonly { path?: string | null | undefined; message: string }[] | undefined;
  attempts?: readonly { device: string; reason: string }[] | undefined;
  requestId?: string | undefined;
}

/** An error in words: what it is, each thing that is wrong, and the id to name when asking for help. */
export function problemMessage(error: unknown, retry?: () => void): HTMLElement {
  const { text, errors = [], attempts = [], requestId } = told(error);
  return element(
    'div',
    { class: 'problem', role: 'alert' },
    element('p', {}, text),
    errors.length > 0 &&
      element(
        'ul',
        {},
        ...errors.map(({ path, message }) => element('li', {}, path ? `${path}: ${message}` : message)),
      ),
    attempts.length > 0 &&
      element('ul', {}, ...attempts.map(({ device, reason }) => element('li', {}, `${device}: ${reason}`))),
    requestId && element('p', { class: 'hint' }, 'Request ', element('code', {}, requestId)),
    retry && button('Try again', '', retry),
  );
}

function told(error: unknown): Told {
  // What the page's own client said about the connection.
  if (error instanceof ConnectionError && error.cause instanceof Error) return told(error.cause);
  if (error instanceof ApiError) {
    const { errors, attempts, requestId, code, status } = error;
    // Not the service's own answer: the SDK's advice is for programmers.
    if (code.startsWith('http-'))
      return { text: `The service answered with status ${status} and no explanation.`, requestId };
    // Method, path and status are for programs.
    const text = sentence(error.message.replace(/ \((?:GET|POST|PUT|DELETE) [^()]*\)$/, ''));
    return { text, errors, attempts, requestId };
  }
  if (error instanceof Error) {
    const { attempts } = error as { attempts?: Told['attempts'] };
    // The message goes on with the devices, each in a line of its own; here they are a list.
    return { text: sentence(attempts ? error.message.split('\n')[0]! : error.message), attempts };
  }
  return { text: sentence(String(error)) };
}

/** Messages of the packages begin in lower case and end without a full stop; on the page they stand alone. */
export function sentence(message: string): string {
  const text = message.trim();
  const whole = /[.!?…]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
