import type { DetectorSettings, ShadowComparison, ShadowReport, VersionSummary } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import type { Decisions } from '../api/decisions.js';
import { button, element } from '../dom/element.js';
import { formatProbability, formatScore, formatTime, plural, shortVersion } from '../dom/format.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage } from '../dom/problem-message.js';
import { tableHead } from '../dom/table-head.js';
import { versionName } from './version-name.js';

type Named = Pick<VersionSummary, 'version' | 'aliases'>;

/** A version that scores beside the one in use, without answering, and how far the two agree. */
export class ShadowPanel {
  readonly node: HTMLElement = element('div', { class: 'panel shadow' });
  readonly #client: Client;
  readonly #decisions: Decisions;
  readonly #reference = element('select', { id: 'shadow-reference' });
  readonly #share = element('input', {
    id: 'shadow-share',
    type: 'number',
    min: '0.1',
    max: 100,
    step: 'any',
    inputmode: 'decimal',
    placeholder: '100',
  });
  readonly #save = element('button', { type: 'submit' }, 'Save');
  readonly #now = element('p', { role: 'status' });
  readonly #found = element('div', {});
  readonly #problem = element('div', {});
  #versions: readonly Named[] = [];
  #name = '';

  constructor(client: Client, decisions: Decisions) {
    this.#client = client;
    this.#decisions = decisions;
    const form = element(
      'form',
      { class: 'fields' },
      element('label', { class: 'field', for: 'shadow-reference' }, 'Shadow version', this.#reference),
      element('label', { class: 'field', for: 'shadow-share' }, 'Share of pictures, %', this.#share),
      this.#save,
      button('Refresh', 'quiet', () => void this.#read()),
    );
    onSubmit(form, () => void this.#decide());
    this.node.append(
      element('h2', {}, 'Shadow'),
      element(
        'p',
        { class: 'hint' },
        'A version on trial: it scores the same pictures as the one in use, while the service has nothing else to do, and its verdicts are counted here but never sent.',
      ),
      form,
      this.#now,
      this.#problem,
      this.#found,
    );
  }

  show(name: string, versions: readonly Named[]): Promise<void> {
    this.#name = name;
    this.#versions = versions;
    this.#reference.replaceChildren(
      element('option', { value: '' }, 'None'),
      ...versions.flatMap((each) => [
        ...each.aliases.map((alias) => element('option', { value: alias }, alias)),
        element('option', { value: each.version }, shortVersion(each.version)),
      ]),
    );
    return this.#read();
  }

  async #read(): Promise<void> {
    const name = this.#name;
    this.#problem.replaceChildren();
    try {
      const report = await this.#client.service.detectors.shadow(name);
      if (name === this.#name) this.#draw(report);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.#read()));
    }
  }

  #draw({ shadow, scoresHere, comparisons }: ShadowReport): void {
    const reference = shadow?.reference ?? '';
    if (![...this.#reference.options].some(({ value }) => value === reference)) {
      this.#reference.append(element('option', { value: reference }, reference));
    }
    this.#reference.value = reference;
    this.#share.value =
      shadow?.share === undefined ? '' : String(Number((shadow.share * 100).toPrecision(3)));
    this.#now.textContent = sentenceOf({ shadow, scoresHere, comparisons });
    this.#found.replaceChildren(...comparisons.map((each) => this.#comparison(each)));
  }

  #comparison(comparison: ShadowComparison): HTMLElement {
    const { version, shadow, compared, agreed, onlyShadow, onlyAnswered, dropped, failed } = comparison;
    const named = (id: string) =>
      versionName(this.#versions.find((each) => each.version === id) ?? { version: id, aliases: [] });
    const fact = (name: string, value: string) =>
      element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, value));
    const { scoreDifference: score, falseAlarmDifference: alarm } = comparison;
    return element(
      'section',
      { 'aria-label': `${named(shadow)} compared with ${named(version)}` },
      element('h3', {}, `${named(shadow)} compared with ${named(version)}`),
      element(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Shadow' },
        element(
          'table',
          { class: 'facts' },
          element(
            'tbody',
            {},
            fact('Scored by both', plural(compared, 'picture')),
            fact('Agreed', compared === 0 ? '–' : `${agreed} (${formatProbability(agreed / compared)})`),
            fact('Bad for the shadow only', String(onlyShadow)),
            fact('Bad for the version in use only', String(onlyAnswered)),
            ...(score
              ? [
                  fact(
                    'Scores differ by',
                    `${formatScore(score.meanAbsolute)} on average, ${formatScore(score.largest)} at most`,
                  ),
                ]
              : []),
            ...(alarm
              ? [fact('False-alarm probabilities differ by', formatProbability(alarm.meanAbsolute))]
              : []),
            fact('Skipped for lack of time', String(dropped)),
            ...(failed > 0 ? [fact('Could not be scored', String(failed))] : []),
          ),
        ),
      ),
      ...this.#differing(comparison),
    );
  }

  #differing({ differing }: ShadowComparison): HTMLElement[] {
    if (differing.length === 0) return [];
    const rows = differing.map(({ at, label, score, shadowLabel, shadowScore }) =>
      element(
        'tr',
        { class: 'differs' },
        element('th', { scope: 'row' }, formatTime(at)),
        element('td', { 'data-label': label }, `${label}, ${formatScore(score)}`),
        element('td', { 'data-label': shadowLabel }, `${shadowLabel}, ${formatScore(shadowScore)}`),
      ),
    );
    return [
      element(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Pictures that they differ on' },
        element(
          'table',
          { class: 'facts' },
          tableHead(['When', 'In use', 'Shadow']),
          element('tbody', {}, ...rows),
        ),
      ),
    ];
  }

  async #decide(): Promise<void> {
    const name = this.#name;
    this.#save.disabled = true;
    this.#problem.replaceChildren();
    try {
      const before: DetectorSettings = await this.#decisions.read(name);
      const share = this.#share.value === '' ? undefined : Number(this.#share.value) / 100;
      const reference = this.#reference.value;
      const shadow = reference === '' ? undefined : { reference, ...(share !== undefined && { share }) };
      await this.#decisions.save(before, { shadow });
      await this.#read();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    this.#save.disabled = false;
  }
}

function sentenceOf({
  shadow,
  scoresHere,
  comparisons,
}: Pick<ShadowReport, 'shadow' | 'scoresHere' | 'comparisons'>): string {
  if (!shadow) return 'There is no shadow.';
  if (!scoresHere) return 'This service runs no shadows.';
  return comparisons.length === 0
    ? 'Nothing was scored yet. Only pictures scored by an alias, such as production, count; those scored by the digits of a version do not.'
    : '';
}
