import type { Client } from '../api/client.js';
import type { Decisions } from '../api/decisions.js';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { problemMessage } from '../dom/problem-message.js';
import type { NamedFile } from '../inspect/dropped-files.js';
import { ComparePanel } from './compare-panel.js';
import { IgnorePanel } from './ignore-panel.js';
import { listDetectors } from './list-detectors.js';
import { SettingsPanel } from './settings-panel.js';
import { ShadowPanel } from './shadow-panel.js';
import { VersionTable } from './version-table.js';

export interface DetectorsActions {
  chosen(name: string): void;
  /** Which version is in use has changed. */
  moved(): void;
  /** The pictures that are in Inspect. */
  pictures(): readonly NamedFile[];
}

/** Versions of a detector, its settings, and two versions side by side. */
export class Detectors {
  readonly #client: Client;
  readonly #actions: DetectorsActions;
  readonly #detector = element('select', { id: 'versions-detector' });
  readonly #problem = element('div', {});
  readonly #table: VersionTable;
  readonly #settings: SettingsPanel;
  readonly #compare: ComparePanel;
  readonly #shadow: ShadowPanel;
  readonly #ignore: IgnorePanel;

  constructor(client: Client, decisions: Decisions, actions: DetectorsActions) {
    this.#client = client;
    this.#actions = actions;
    this.#table = new VersionTable(client, () => {
      actions.moved();
      void this.#load();
    });
    this.#settings = new SettingsPanel(client, decisions);
    this.#compare = new ComparePanel(client, () => actions.pictures());
    this.#shadow = new ShadowPanel(client, decisions);
    this.#ignore = new IgnorePanel(decisions, () => actions.pictures());
    // Decisions made elsewhere on the page are shown here, too.
    decisions.on(({ name }) => {
      if (name !== this.#detector.value) return;
      void this.#settings.show(name);
      void this.#ignore.show(name);
    });
    this.#detector.addEventListener('change', () => void this.#load());
    byId('detectors-body').append(
      element(
        'div',
        { class: 'fields' },
        element('label', { class: 'field', for: 'versions-detector' }, 'Detector', this.#detector),
      ),
      this.#problem,
      this.#table.node,
      element(
        'div',
        { class: 'panels' },
        this.#settings.node,
        this.#ignore.node,
        this.#compare.node,
        this.#shadow.node,
      ),
    );
  }

  async open(name: string): Promise<void> {
    try {
      await listDetectors(this.#client, this.#detector, name);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.open(name)));
      return;
    }
    await this.#load();
  }

  async #load(): Promise<void> {
    const name = this.#detector.value;
    if (name === '') return;
    this.#actions.chosen(name);
    this.#problem.replaceChildren();
    void this.#settings.show(name);
    void this.#ignore.show(name);
    try {
      const { items: versions } = await this.#client.service.detectors.versions(name, { limit: 50 }).page();
      if (this.#detector.value !== name) return;
      this.#table.show(name, versions);
      void this.#shadow.show(name, versions);
      this.#compare.show(
        name,
        versions.map(({ version, aliases }) => ({ version, aliases })),
      );
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.#load()));
    }
  }
}
