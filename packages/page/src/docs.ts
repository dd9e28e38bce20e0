// The API reference, made in the page from the service's own OpenAPI file.
import { type OpenApi, type Operation, operationsOf } from './docs/openapi.js';
import { operationView, paragraphs } from './docs/operation-view.js';
import { schemaAnchor, schemaView } from './docs/schema-view.js';
import { byId } from './dom/by-id.js';
import { element } from './dom/element.js';
import { plural } from './dom/format.js';
import { problemMessage } from './dom/problem-message.js';

interface Entry {
  words: string;
  nodes: HTMLElement[];
}

const reference = byId('reference');
const contents = byId('contents');
const search = byId('search', HTMLInputElement);

void load();

async function load(): Promise<void> {
  try {
    const response = await fetch('openapi.json', { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`The service answered with status ${response.status}.`);
    show((await response.json()) as OpenApi);
  } catch (error) {
    // Each browser words the errors of `fetch` differently.
    const said =
      error instanceof TypeError ? new Error('The service does not answer.', { cause: error }) : error;
    reference.replaceChildren(problemMessage(said, () => void load()));
  }
}

function show(api: OpenApi): void {
  const origin = new URL('./', document.baseURI).href.replace(/\/$/, '');
  const operations = operationsOf(api);
  const entries: Entry[] = [];
  const intro = element(
    'header',
    { class: 'intro' },
    element('h1', {}, `${api.info.title} `, element('small', {}, api.info.version)),
    ...paragraphs(api.info.description),
  );
  reference.replaceChildren(intro);
  contents.replaceChildren();
  for (const [tag, own] of groups(api, operations)) {
    const section = element(
      'section',
      { class: 'group' },
      element('h2', {}, tag.name),
      ...paragraphs(tag.description),
    );
    const links = element('ul', {});
    for (const operation of own) {
      const article = operationView(api, operation, origin);
      const link = element(
        'li',
        {},
        element(
          'a',
          { href: `#${operation.anchor}` },
          operation.summary || `${operation.method} ${operation.path}`,
        ),
      );
      section.append(article);
      links.append(link);
      entries.push({ words: article.textContent.toLowerCase(), nodes: [article, link] });
    }
    reference.append(section);
    contents.append(element('div', { class: 'group' }, element('h2', {}, tag.name), links));
  }
  const schemas = Object.entries(api.components?.schemas ?? {});
  const section = element('section', { class: 'group' }, element('h2', { id: 'schemas' }, 'Schemas'));
  const links = element('ul', {});
  for (const [name, schema] of schemas) {
    const anchor = schemaAnchor(name);
    const article = element(
      'article',
      { class: 'operation', id: anchor },
      element('h3', {}, element('a', { class: 'anchor', href: `#${anchor}` }, name)),
      ...paragraphs(schema.description),
      schemaView(schema),
    );
    const link = element('li', {}, element('a', { href: `#${anchor}` }, name));
    section.append(article);
    links.append(link);
    entries.push({ words: article.textContent.toLowerCase(), nodes: [article, link] });
  }
  if (schemas.length > 0) {
    reference.append(section);
    contents.append(element('div', { class: 'group' }, element('h2', {}, 'Schemas'), links));
  }
  search.addEventListener('input', () => find(entries));
  find(entries);
  // The browser looked for this anchor before it existed.
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

/** Shows what has all the words. */
function find(entries: readonly Entry[]): void {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const entry of entries) {
    const hit = words.every((word) => entry.words.includes(word));
    if (hit) count++;
    for (const node of entry.nodes) node.hidden = !hit;
  }
  for (const group of document.querySelectorAll<HTMLElement>('.group')) {
    group.hidden = [...group.querySelectorAll<HTMLElement>('article, li')].every((node) => node.hidden);
  }
  byId('found').textContent =
    words.length === 0
      ? ''
      : count === 0
        ? 'Nothing has all these words.'
        : plural(count, 'entry', 'entries');
}

function groups(
  api: OpenApi,
  operations: readonly Operation[],
): [{ name: string; description?: string }, Operation[]][] {
  const told = api.tags ?? [];
  const names = [...new Set([...told.map(({ name }) => name), ...operations.map(({ tag }) => tag)])];
  return names
    .map((name): [{ name: string; description?: string }, Operation[]] => [
      told.find((tag) => tag.name === name) ?? { name },
      operations.filter(({ tag }) => tag === name),
    ])
    .filter(([, own]) => own.length > 0);
}
