import { button, element } from '../dom/element.js';
import { curlExample } from './curl-example.js';
import type { Content, OpenApi, Operation, Parameter } from './openapi.js';
import { limitsOf, schemaView, typeOf } from './schema-view.js';

/** One operation: what it does, takes and answers, and a request to copy. */
export function operationView(api: OpenApi, operation: Operation, origin: string): HTMLElement {
  const { method, path, anchor, summary, description, parameters, body, responses } = operation;
  return element(
    'article',
    { class: 'operation', id: anchor },
    element('h3', {}, element('a', { class: 'anchor', href: `#${anchor}` }, summary || `${method} ${path}`)),
    element(
      'p',
      { class: 'route' },
      element('span', { class: `method ${method.toLowerCase()}` }, method),
      ' ',
      element('code', {}, path),
    ),
    operation.deprecated && element('p', { class: 'hint' }, 'Deprecated.'),
    ...paragraphs(description),
    parameters.length > 0 && element('h4', {}, 'Parameters'),
    parameters.length > 0 && parameterList(parameters),
    body &&
      element(
        'h4',
        {},
        'Request body',
        body.required ? element('span', { class: 'required' }, 'required') : null,
      ),
    ...paragraphs(body?.description),
    body?.content && contentView(body.content),
    element('h4', {}, 'Responses'),
    element(
      'div',
      { class: 'responses' },
      ...Object.entries(responses).map(([status, response]) => {
        const headers = Object.entries(response.headers ?? {});
        const head = element(
          'summary',
          {},
          element('code', { class: /^[45]/.test(status) ? 'status bad' : 'status' }, status),
          ` ${response.description ?? ''}`,
        );
        const inner = [
          headers.length > 0 &&
            parameterList(headers.map(([name, header]) => ({ name, in: 'header', ...header }))),
          response.content && contentView(response.content),
        ].filter((each) => each !== false && each !== undefined);
        return inner.length === 0
          ? element('div', { class: 'plain' }, ...head.childNodes)
          : element('details', {}, head, ...inner);
      }),
    ),
    element('h4', {}, 'Example'),
    codeBlock(curlExample(api, operation, origin)),
  );
}

export function paragraphs(text: string | undefined): HTMLElement[] {
  return (text ?? '')
    .split(/\n{2,}/)
    .filter((part) => part.trim() !== '')
    .map((part) => element('p', {}, ...withCode(part)));
}

/** Descriptions are Markdown, of which they use only code. */
function withCode(text: string): (string | HTMLElement)[] {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? element('code', {}, part.slice(1, -1)) : part));
}

function parameterList(parameters: readonly Parameter[]): HTMLElement {
  return element(
    'dl',
    { class: 'members' },
    ...parameters.flatMap(({ name, in: place, required, schema, description }) => [
      element(
        'dt',
        {},
        element('code', {}, name),
        ' ',
        element('span', { class: 'type' }, ...typeOf(schema), `, ${place}`),
        required === true && element('span', { class: 'required' }, 'required'),
      ),
      element(
        'dd',
        {},
        (description ?? schema?.description) &&
          element('p', {}, ...withCode(description ?? schema?.description ?? '')),
        schema && limitsOf(schema) && element('p', { class: 'hint' }, limitsOf(schema)),
      ),
    ]),
  );
}

function contentView(content: Content): HTMLElement {
  return element(
    'div',
    { class: 'content' },
    ...Object.entries(content).flatMap(([type, { schema, example }]) => [
      element('p', { class: 'media' }, element('code', {}, type)),
      schema && schemaView(schema),
      example !== undefined &&
        element(
          'pre',
          { tabindex: 0, class: 'example' },
          element('code', {}, JSON.stringify(example, null, 2)),
        ),
    ]),
  );
}

function codeBlock(text: string): HTMLElement {
  const copy = button('Copy', 'quiet copy', () => {
    navigator.clipboard
      .writeText(text)
      .then(() => {
        copy.textContent = 'Copied';
      })
      .catch(() => {
        copy.textContent = 'Select and copy by hand';
      });
  });
  const code = element('pre', { tabindex: 0 }, element('code', {}, text));
  return element('div', { class: 'code' }, code, 'clipboard' in navigator ? copy : null);
}
