import { type DetectorSummary, type Drift, PermissionError } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { formatProbability, formatTime, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import type { ChosenDetector, TrainedHere } from '../places/chosen-detector.js';

/** Values of the options that stand for detectors of this tab; no name in a service has a colon. */
const HERE = 'here:';

/** Which detector and version, and how far recent scores are from its calibration. */
export class DetectorChoice {
  readonly #detector = byId('detector', HTMLSelectElement);
  readonly #reference = byId('reference', HTMLSelectElement);
  readonly #drift = byId('drift');
  readonly #problem = byId('detector-problem');
  #detectors: DetectorSummary[] = [];
  readonly #here: TrainedHere[] = [];
  readonly #client: Client;
  readonly #onChange: () => void;

  constructor(client: Client, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
    this.#detector.addEventListener('change', () => {
      if (this.#trained) this.#showTrained();
      else void this.#showReferences();
    });
    this.#reference.addEventListener('change', () => this.#changed());
  }

  get chosen(): ChosenDetector | undefined {
    const trained = this.#trained;
    const name = this.#detector.value;
    if (trained) {
      return { name: trained.bundle.name, reference: trained.id, version: trained.version, trained };
    }
    const reference = this.#reference.value;
    const aliases = this.#detectors.find((each) => each.name === name)?.aliases;
    return name && reference ? { name, reference, version: aliases?.[reference] ?? reference } : undefined;
  }

  /** Adds a detector that was trained in this tab, and chooses it. */
  addTrained(trained: TrainedHere): void {
    if (!this.#here.includes(trained)) this.#here.push(trained);
    this.#showDetectors(HERE + trained.id);
    this.#showTrained();
  }

  async refresh(preferred?: ChosenDetector): Promise<void> {
    const before = preferred ?? this.chosen;
    try {
      this.#detectors = await this.#all();
      this.#problem.replaceChildren();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.refresh(preferred)));
      return;
    }
    const wanted = before?.trained ? HERE + before.trained.id : before?.name;
    this.#showDetectors(wanted);
    if (this.#trained) this.#showTrained();
    else if (this.#detectors.length > 0) await this.#showReferences(before?.reference);
  }

  async refreshDrift(): Promise<void> {
    const { chosen } = this;
    if (!chosen || chosen.trained) return;
    try {
      const { name, reference: version } = chosen;
      const drift = await this.#client.service.detectors.drift(name, { version });
      if (this.chosen?.name === chosen.name && this.chosen.reference === chosen.reference)
        this.#showDrift(drift);
    } catch {
      // A figure of minor importance; the next request shows what is wrong.
      this.#drift.textContent = '';
    }
  }

  async #all(): Promise<DetectorSummary[]> {
    const found: DetectorSummary[] = [];
    for await (const each of this.#client.service.detectors.list({ limit: 200 })) found.push(each);
    return found;
  }

  get #trained(): TrainedHere | undefined {
    return this.#here.find(({ id }) => HERE + id === this.#detector.value);
  }

  #showDetectors(wanted: string | undefined): void {
    const options = this.#detectors.map(({ name }) => element('option', { value: name }, name));
    const here = this.#here.map(({ id, bundle }) => element('option', { value: HERE + id }, bundle.name));
    const groups = [
      element('optgroup', { label: 'Trained in this tab' }, ...here),
      element('optgroup', { label: 'Of the service' }, ...options),
    ];
    this.#detector.replaceChildren(...(here.length > 0 ? groups : options));
    const none = options.length + here.length === 0;
    byId('no-detectors').hidden = !none;
    byId('inspection').hidden = none;
    if ([...this.#detector.options].some(({ value }) => value === wanted)) this.#detector.value = wanted!;
  }

  #showTrained(): void {
    this.#reference.replaceChildren(element('option', { value: '' }, 'in this tab only'));
    this.#changed();
  }

  async #showReferences(preferred?: string): Promise<void> {
    const summary = this.#detectors.find(({ name }) => name === this.#detector.value);
    if (!summary) return;
    const aliases = Object.entries(summary.aliases);
    const group = element(
      'optgroup',
      { label: 'Aliases' },
      ...aliases.map(([alias, version]) =>
        element('option', { value: alias }, `${alias} (${shortVersion(version)})`),
      ),
    );
    this.#reference.replaceChildren(...(aliases.length > 0 ? [group] : []));
    const preferences = [preferred, 'production', 'latest'];
    this.#select(preferences);
    this.#changed();
    try {
      const page = await this.#client.service.detectors.versions(summary.name, { limit: 50 }).page();
      if (this.#detector.value !== summary.name) return;
      const before = this.#reference.value;
      const options = page.items.map(({ version, createdAt }) =>
        element('option', { value: version }, `${shortVersion(version)}, ${formatTime(createdAt)}`),
      );
      this.#reference.append(element('optgroup', { label: 'Versions' }, ...options));
      this.#select([preferred, before, ...preferences]);
      if (this.#reference.value !== before) this.#changed();
    } catch (error) {
      // Without the right to read versions, the aliases are enough.
      if (!(error instanceof PermissionError)) {
        this.#problem.replaceChildren(problemMessage(error));
      }
    }
  }

  #select(preferences: readonly (string | undefined)[]): void {
    const values = [...this.#reference.options].map(({ value }) => value);
    const wanted = preferences.find((value) => value !== undefined && values.includes(value)) ?? values[0];
    if (wanted !== undefined) this.#reference.value = wanted;
  }

  #changed(): void {
    this.#drift.textContent = '';
    void this.refreshDrift();
    this.#onChange();
  }

  #showDrift({ samples, statistic, pValue, calibrationSamples }: Drift): void {
    if (statistic === null || pValue === null) {
      this.#drift.textContent = 'Drift: no recent scores yet.';
      return;
    }
    const differs = pValue < 0.01;
    this.#drift.replaceChildren(
      element('strong', { class: differs ? 'bad' : '' }, differs ? 'Scores drift' : 'No drift'),
      `: ${samples === 1 ? 'the last score is' : `the last ${samples} scores are`} ${differs ? 'unlike' : 'like'} those of the ${calibrationSamples} good parts that it was calibrated on`,
    );
    this.#drift.title = `Kolmogorov-Smirnov distance ${statistic.toFixed(2)} between recent scores and those of the calibration; p = ${formatProbability(pValue)}`;
  }
}
