import type { DetectorSettings } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import type { Decision, Decisions } from '../api/decisions.js';
import { button, element } from '../dom/element.js';
import { formatScore, formatTime } from '../dom/format.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage, sentence } from '../dom/problem-message.js';

const SHOWN = 20;

/** What is decided for a detector, now and in the past: what, by whom, when. */
export class SettingsPanel {
  readonly node: HTMLElement = element('div', { class: 'panel settings' });
  readonly #client: Client;
  readonly #decisions: Decisions;
  readonly #rate = element('input', {
    id: 'settings-rate',
    type: 'number',
    min: '0.0001',
    max: '99.99',
    step: 'any',
    inputmode: 'decimal',
    placeholder: 'as trained',
  });
  readonly #area = element('input', {
    id: 'settings-area',
    type: 'number',
    min: 0,
    step: 1,
    placeholder: '1',
    inputmode: 'numeric',
  });
  readonly #share = element('input', {
    id: 'settings-share',
    type: 'number',
    min: 0,
    max: 100,
    step: 'any',
    placeholder: '5',
    inputmode: 'decimal',
  });
  readonly #why = element('input', { id: 'settings-note', maxlength: 500, autocomplete: 'off' });
  readonly #save = element('button', { type: 'submit' }, 'Save');
  readonly #now = element('p', { role: 'status' });
  readonly #history = element('ol', { class: 'revisions' });
  readonly #before = element('h3', {}, 'History');
  readonly #problem = element('div', {});
  #settings: DetectorSettings | undefined;

  constructor(client: Client, decisions: Decisions) {
    this.#client = client;
    this.#decisions = decisions;
    const form = element(
      'form',
      { class: 'fields' },
      element('label', { class: 'field', for: 'settings-rate' }, 'False alarms, % of good parts', this.#rate),
      element('label', { class: 'field', for: 'settings-area' }, 'Smallest region, pixels', this.#area),
      element(
        'label',
        { class: 'field', for: 'settings-share' },
        'Smallest region, % of the largest',
        this.#share,
      ),
      element('label', { class: 'field', for: 'settings-note' }, 'Reason', this.#why),
      this.#save,
    );
    onSubmit(form, () => void this.#decide());
    this.node.append(
      element('h2', {}, 'Settings'),
      this.#now,
      form,
      this.#problem,
      this.#before,
      this.#history,
    );
  }

  async show(name: string): Promise<void> {
    this.#problem.replaceChildren();
    try {
      const [settings, page] = await Promise.all([
        this.#decisions.read(name),
        this.#client.service.detectors.settingsHistory(name, { limit: SHOWN }).page(),
      ]);
      this.#settings = settings;
      this.#draw(page.items);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.show(name)));
    }
  }

  #draw(revisions: readonly DetectorSettings[]): void {
    const settings = this.#settings;
    if (!settings) return;
    this.#now.textContent =
      settings.revision === 0 ? 'As trained: nothing has been changed.' : sentence(sentenceOf(settings));
    this.#rate.value = settings.falseAlarmRate === undefined ? '' : percent(settings.falseAlarmRate);
    this.#area.value = settings.minArea === undefined ? '' : String(settings.minArea);
    this.#share.value = settings.minShare === undefined ? '' : percent(settings.minShare);
    this.#why.value = '';
    this.#before.hidden = revisions.length === 0;
    this.#history.replaceChildren(
      ...revisions.map((each) => {
        const back = button(
          'Back to this',
          'quiet',
          () => void this.#put((now) => this.#decisions.restore(now, each)),
        );
        back.setAttribute('aria-label', `Back to this: revision ${each.revision}`);
        const note = each.note === undefined ? '' : ` “${each.note}”`;
        return element(
          'li',
          {},
          `${each.revision}: ${sentenceOf(each)}${note} `,
          element('span', { class: 'hint' }, whoAndWhen(each)),
          ...(each.revision === settings.revision ? [] : [back]),
        );
      }),
    );
  }

  async #decide(): Promise<void> {
    const rate = Number(this.#rate.value) / 100;
    // A rate and a threshold are two ways to say the same thing.
    const threshold =
      this.#rate.value === ''
        ? {}
        : { falseAlarmRate: rate, threshold: undefined, pixelThreshold: undefined };
    const change: Decision = {
      ...threshold,
      ...(this.#rate.value === '' && { falseAlarmRate: undefined }),
      minArea: this.#area.value === '' ? undefined : Number(this.#area.value),
      minShare: this.#share.value === '' ? undefined : Number(this.#share.value) / 100,
      note: this.#why.value.trim() || undefined,
    };
    await this.#put((now) => this.#decisions.save(now, change));
  }

  async #put(save: (before: DetectorSettings) => Promise<unknown>): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    this.#save.disabled = true;
    this.#problem.replaceChildren();
    try {
      // Whoever hears of it shows it.
      await save(settings);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    this.#save.disabled = false;
  }
}

/** A share as a percentage. */
const percent = (share: number): string => String(Number((share * 100).toPrecision(3)));

/** A revision in words. */
function sentenceOf(settings: DetectorSettings): string {
  const { threshold, falseAlarmRate, minArea, minShare, ignore, keepImageDays, shadow } = settings;
  const parts = [
    threshold !== undefined && `bad from a score of ${formatScore(threshold)}`,
    falseAlarmRate !== undefined && `${percent(falseAlarmRate)} % false alarms`,
    minArea !== undefined && `regions of ${minArea} pixels or more`,
    minShare !== undefined && `regions from ${percent(minShare)} % of the largest`,
    ignore !== undefined && 'a part of the picture is ignored',
    keepImageDays !== undefined && `pictures kept for ${keepImageDays} days`,
    shadow !== undefined && `${shadow.reference} as its shadow`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'as trained' : parts.join(', ');
}

function whoAndWhen({ at, by }: DetectorSettings): string {
  return [at === undefined ? '' : formatTime(at), by ?? ''].filter((part) => part !== '').join(', by ');
}
