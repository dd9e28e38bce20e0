import type { VersionSummary } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { PRODUCTION, promote } from '../api/promote.js';
import { button, element } from '../dom/element.js';
import { formatTime, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { tableHead } from '../dom/table-head.js';

/** Versions, the newest first, and which one is in use: a version is promoted, or rolled back to, by one button. */
export class VersionTable {
  readonly node: HTMLElement = element('div', { class: 'panel versions' });
  readonly #client: Client;
  readonly #onMoved: () => void;
  readonly #rows = element('tbody');
  readonly #problem = element('div', {});
  readonly #note = element('p', { class: 'hint', role: 'status' });
  #name = '';

  constructor(client: Client, onMoved: () => void) {
    this.#client = client;
    this.#onMoved = onMoved;
    this.node.append(
      element('h2', {}, 'Versions'),
      element(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Versions' },
        element(
          'table',
          { class: 'facts' },
          tableHead(['Version', 'Made', 'Aliases', 'Trained on', 'AUROC', '']),
          this.#rows,
        ),
      ),
      this.#note,
      this.#problem,
    );
  }

  show(name: string, versions: readonly VersionSummary[]): void {
    this.#name = name;
    this.#problem.replaceChildren();
    const inUse = versions.find(({ aliases }) => aliases.includes(PRODUCTION))?.version ?? null;
    this.#rows.replaceChildren(...versions.map((version) => this.#row(version, inUse)));
  }

  #row({ version, createdAt, aliases }: VersionSummary, inUse: string | null): HTMLTableRowElement {
    const images = element('td', {}, '…');
    const auroc = element('td', { 'data-name': 'AUROC' }, '…');
    void this.#fill(version, images, auroc);
    const use = button('Use in production', '', () => void this.#promote(version, inUse, use));
    use.setAttribute('aria-label', `Use in production: version ${shortVersion(version)}`);
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('code', {}, shortVersion(version))),
      element('td', {}, formatTime(createdAt)),
      element('td', {}, aliases.join(', ')),
      images,
      auroc,
      element('td', {}, version === inUse ? element('strong', {}, 'in production') : use),
    );
  }

  async #fill(version: string, images: HTMLElement, auroc: HTMLElement): Promise<void> {
    try {
      const { manifest } = await this.#client.service.detectors.version(this.#name, version);
      images.textContent = `${manifest.provenance.trainImages} good`;
      const found = manifest.metrics?.imageAuroc;
      auroc.textContent = typeof found === 'number' ? found.toFixed(3) : 'not measured';
    } catch {
      // The row shows what the list said.
      images.textContent = '';
      auroc.textContent = '';
    }
  }

  /** Only if it is still as it was when shown: of two people who decide at once, one is told. */
  async #promote(version: string, expected: string | null, pressed: HTMLButtonElement): Promise<void> {
    pressed.disabled = true;
    this.#problem.replaceChildren();
    try {
      await promote(this.#client, this.#name, version, expected);
      this.#note.textContent = `Version ${shortVersion(version)} is in production.`;
      this.#onMoved();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
      pressed.disabled = false;
    }
  }
}
