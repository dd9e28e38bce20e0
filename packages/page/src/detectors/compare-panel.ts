import type { PlainPrediction, VersionSummary } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { button, element } from '../dom/element.js';
import { formatScore, plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { tableHead } from '../dom/table-head.js';
import type { NamedFile } from '../inspect/dropped-files.js';
import { versionName } from './version-name.js';

type Named = Pick<VersionSummary, 'version' | 'aliases'>;

/** Two versions on the same pictures: those in Inspect. Pictures that they disagree on come first. */
export class ComparePanel {
  readonly node: HTMLElement = element('div', { class: 'panel compare' });
  readonly #client: Client;
  readonly #pictures: () => readonly NamedFile[];
  readonly #sides = ['compare-one', 'compare-two'].map((id) => element('select', { id }));
  readonly #run = button('Compare on the pictures in Inspect', '', () => void this.#compare());
  readonly #note = element('p', { class: 'hint', role: 'status' });
  readonly #problem = element('div', {});
  readonly #rows = element('tbody');
  readonly #table: HTMLElement;
  #name = '';
  #running = 0;

  constructor(client: Client, pictures: () => readonly NamedFile[]) {
    this.#client = client;
    this.#pictures = pictures;
    this.#table = element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Comparison' },
      element(
        'table',
        { class: 'facts' },
        tableHead(['Picture', 'First version', 'Second version']),
        this.#rows,
      ),
    );
    this.#table.hidden = true;
    this.node.append(
      element('h2', {}, 'Side by side'),
      // One below the other: a version with its aliases is long.
      element('label', { class: 'field', for: 'compare-one' }, 'First version', this.#sides[0]),
      element('label', { class: 'field', for: 'compare-two' }, 'Second version', this.#sides[1]),
      this.#run,
      this.#note,
      this.#problem,
      this.#table,
    );
  }

  show(name: string, versions: readonly Named[]): void {
    this.#name = name;
    this.#running++;
    this.#table.hidden = true;
    this.#note.textContent = '';
    this.#sides.forEach((side, i) => {
      side.replaceChildren(
        ...versions.map((each) => element('option', { value: each.version }, versionName(each))),
      );
      side.value = (versions[i] ?? versions[0])?.version ?? '';
    });
    this.#run.disabled = versions.length < 2;
    if (versions.length < 2) this.#note.textContent = 'There is only one version.';
  }

  async #compare(): Promise<void> {
    const pictures = this.#pictures();
    this.#problem.replaceChildren();
    if (pictures.length === 0) {
      this.#note.textContent = 'There are no pictures: drop some in Inspect first.';
      return;
    }
    const run = ++this.#running;
    const detectors = this.#sides.map(({ value }) => `${this.#name}@${value}`);
    const found: { path: string; one: PlainPrediction; two: PlainPrediction }[] = [];
    this.#run.disabled = true;
    try {
      for (const { file, path } of pictures) {
        this.#note.textContent = `Comparing ${found.length + 1} of ${pictures.length}`;
        const [one, two] = await this.#client.service.predict(file, { detectors, regions: false });
        if (run !== this.#running) return;
        if (one && two) found.push({ path, one, two });
      }
      const differing = found.filter(({ one, two }) => one.label !== two.label).length;
      found.sort((a, b) => Number(a.one.label === a.two.label) - Number(b.one.label === b.two.label));
      this.#rows.replaceChildren(
        ...found.map(({ path, one, two }) =>
          element(
            'tr',
            { class: one.label === two.label ? '' : 'differs' },
            element('th', { scope: 'row' }, path),
            element('td', { 'data-label': one.label }, `${one.label}, ${formatScore(one.score)}`),
            element('td', { 'data-label': two.label }, `${two.label}, ${formatScore(two.score)}`),
          ),
        ),
      );
      this.#table.hidden = false;
      this.#note.textContent =
        differing === 0
          ? `They agree on all of ${plural(found.length, 'picture')}.`
          : `They differ on ${differing} of ${plural(found.length, 'picture')}.`;
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    } finally {
      this.#run.disabled = false;
    }
  }
}
