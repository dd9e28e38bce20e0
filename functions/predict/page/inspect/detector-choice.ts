import type { DetectorPage, DetectorSummary, Drift, VersionPage } from '@cflow/spec';
import type { Client } from '../api/client.js';
import { ServiceError } from '../api/service-error.js';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { formatProbability, formatTime, plural, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';

export interface ChosenDetector {
  name: string;
  /** An alias or a version. */
  reference: string;
}

/** Which detector and which version of it, and how far recent scores are from its calibration. */
export class DetectorChoice {
  private readonly detector = byId('detector', HTMLSelectElement);
  private readonly reference = byId('reference', HTMLSelectElement);
  private readonly drift = byId('drift');
  private readonly problem = byId('detector-problem');
  private detectors: DetectorSummary[] = [];
  private readonly client: Client;
  private readonly onChange: () => void;

  constructor(client: Client, onChange: () => void) {
    this.client = client;
    this.onChange = onChange;
    this.detector.addEventListener('change', () => void this.showReferences());
    this.reference.addEventListener('change', () => this.changed());
  }

  get chosen(): ChosenDetector | undefined {
    const name = this.detector.value;
    const reference = this.reference.value;
    return name && reference ? { name, reference } : undefined;
  }

  /** The version that an alias means as far as the page knows. */
  get chosenVersion(): string | undefined {
    const { chosen } = this;
    const aliases = this.detectors.find(({ name }) => name === chosen?.name)?.aliases;
    return chosen && (aliases?.[chosen.reference] ?? chosen.reference);
  }

  async refresh(preferred?: ChosenDetector): Promise<void> {
    const before = preferred ?? this.chosen;
    try {
      this.detectors = await this.all();
      this.problem.replaceChildren();
    } catch (error) {
      this.problem.replaceChildren(problemMessage(error, () => void this.refresh(preferred)));
      return;
    }
    byId('no-detectors').hidden = this.detectors.length > 0;
    byId('inspection').hidden = this.detectors.length === 0;
    this.detector.replaceChildren(
      ...this.detectors.map(({ name }) => element('option', { value: name }, name)),
    );
    if (this.detectors.some(({ name }) => name === before?.name)) this.detector.value = before!.name;
    if (this.detectors.length > 0) await this.showReferences(before?.reference);
  }

  async refreshDrift(): Promise<void> {
    const { chosen } = this;
    if (!chosen) return;
    try {
      const drift = await this.client.json<Drift>(`v1/detectors/${chosen.name}/drift`, {
        query: { version: chosen.reference },
      });
      if (this.chosen?.name === chosen.name && this.chosen.reference === chosen.reference)
        this.showDrift(drift);
    } catch {
      // A figure beside the point; what is asked for next tells what is wrong.
      this.drift.textContent = '';
    }
  }

  private async all(): Promise<DetectorSummary[]> {
    const found: DetectorSummary[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const query: Record<string, string | number> = { limit: 200, ...(after && { after }) };
      const page: DetectorPage = await this.client.json<DetectorPage>('v1/detectors', { query });
      found.push(...page.detectors);
      after = page.next;
    }
    return found;
  }

  private async showReferences(preferred?: string): Promise<void> {
    const summary = this.detectors.find(({ name }) => name === this.detector.value);
    if (!summary) return;
    const aliases = Object.entries(summary.aliases);
    const group = element(
      'optgroup',
      { label: 'Aliases' },
      ...aliases.map(([alias, version]) =>
        element('option', { value: alias }, `${alias} (${shortVersion(version)})`),
      ),
    );
    this.reference.replaceChildren(...(aliases.length > 0 ? [group] : []));
    const preferences = [preferred, 'production', 'latest'];
    this.select(preferences);
    this.changed();
    try {
      const page = await this.client.json<VersionPage>(`v1/detectors/${summary.name}/versions`, {
        query: { limit: 50 },
      });
      if (this.detector.value !== summary.name) return;
      const before = this.reference.value;
      const options = page.versions.map(({ version, createdAt }) =>
        element('option', { value: version }, `${shortVersion(version)}, ${formatTime(createdAt)}`),
      );
      this.reference.append(element('optgroup', { label: 'Versions' }, ...options));
      this.select([preferred, before, ...preferences]);
      if (this.reference.value !== before) this.changed();
    } catch (error) {
      // Without the right to read versions the aliases are enough.
      if (!(error instanceof ServiceError && error.status === 403)) {
        this.problem.replaceChildren(problemMessage(error));
      }
    }
  }

  private select(preferences: readonly (string | undefined)[]): void {
    const values = [...this.reference.options].map(({ value }) => value);
    const wanted = preferences.find((value) => value !== undefined && values.includes(value)) ?? values[0];
    if (wanted !== undefined) this.reference.value = wanted;
  }

  private changed(): void {
    this.drift.textContent = '';
    void this.refreshDrift();
    this.onChange();
  }

  private showDrift({ samples, statistic, pValue, calibrationSamples }: Drift): void {
    if (statistic === null || pValue === null) {
      this.drift.textContent = 'Drift: no recent scores yet.';
      return;
    }
    const verdict = pValue < 0.01 ? 'recent scores differ from the calibration' : 'as in the calibration';
    this.drift.replaceChildren(
      'Drift ',
      element('strong', { class: pValue < 0.01 ? 'bad' : '' }, statistic.toFixed(2)),
      `: ${verdict} (p ${formatProbability(pValue)}, ${plural(samples, 'score')} against ${calibrationSamples})`,
    );
    this.drift.title = 'Kolmogorov-Smirnov distance between recent scores and those of the calibration';
  }
}
