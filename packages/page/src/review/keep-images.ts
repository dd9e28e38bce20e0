import type { DetectorSettings } from '@cflow/sdk';
import type { Decisions } from '../api/decisions.js';
import { element } from '../dom/element.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage } from '../dom/problem-message.js';

const DEFAULT_DAYS = 90;

/** Whether pictures are kept with what people say, and for how long: their owner decides. */
export class KeepImages {
  readonly node: HTMLFormElement = element('form', { class: 'panel keep' });
  readonly #decisions: Decisions;
  readonly #keep = element('input', { id: 'keep-images', type: 'checkbox' });
  readonly #days = element('input', {
    id: 'keep-days',
    type: 'number',
    min: 1,
    max: 3650,
    step: 1,
    value: DEFAULT_DAYS,
  });
  readonly #save = element('button', { type: 'submit' }, 'Save');
  readonly #note = element('p', { class: 'hint', role: 'status' });
  readonly #problem = element('div', {});
  #settings: DetectorSettings | undefined;

  constructor(decisions: Decisions) {
    this.#decisions = decisions;
    this.node.append(
      element('h2', {}, 'Pictures'),
      element(
        'label',
        { class: 'check', for: 'keep-images' },
        this.#keep,
        ' Keep the pictures of parts that are marked',
      ),
      element('label', { class: 'field', for: 'keep-days' }, 'For how many days', this.#days),
      this.#save,
      this.#note,
      this.#problem,
    );
    onSubmit(this.node, () => void this.#decide());
    this.#keep.addEventListener('change', () => this.#draw());
  }

  async show(name: string): Promise<void> {
    this.#problem.replaceChildren();
    try {
      this.#settings = await this.#decisions.read(name);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
      return;
    }
    const { keepImageDays } = this.#settings;
    this.#keep.checked = keepImageDays !== undefined;
    this.#days.value = String(keepImageDays ?? DEFAULT_DAYS);
    this.#draw();
  }

  #draw(): void {
    this.#days.disabled = !this.#keep.checked;
    const { keepImageDays } = this.#settings ?? {};
    this.#note.textContent =
      keepImageDays === undefined
        ? 'No pictures are kept, only the marks.'
        : `Kept for ${keepImageDays} days, with the images that the detector was trained on; then deleted.`;
  }

  async #decide(): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    this.#save.disabled = true;
    this.#problem.replaceChildren();
    try {
      const keepImageDays = this.#keep.checked ? Number(this.#days.value) : undefined;
      this.#settings = await this.#decisions.save(settings, { keepImageDays });
      this.#draw();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    this.#save.disabled = false;
  }
}
