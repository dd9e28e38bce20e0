import type { FeedbackLabel } from '@cflow/sdk';
import { button, element } from '../dom/element.js';
import { problemMessage } from '../dom/problem-message.js';

const LABELS = [
  ['good', 'Good'],
  ['bad', 'Bad'],
  ['unsure', 'Unsure'],
] as const;

/** Buttons to say what a part really was, and what was said so far. */
export class MarkButtons {
  readonly node: HTMLElement = element('div', { class: 'feedback' });
  readonly #note = element('span', { class: 'hint', role: 'status' });
  readonly #problem = element('div', {});
  readonly #choices = new Map<FeedbackLabel, HTMLButtonElement>();
  readonly #where: HTMLButtonElement | undefined;

  /**
   * @param name Of the picture, for screen readers
   * @param say Tells it, and gives words for what became of it
   * @param where Asks for more than a label, where there is a picture to draw on
   */
  constructor(
    name: string,
    say: (label: FeedbackLabel) => Promise<string>,
    where?: (() => Promise<{ label: FeedbackLabel; words: string } | undefined>) | undefined,
  ) {
    for (const [label, text] of LABELS) {
      const choice = button(
        text,
        'choice',
        () => void this.#run(choice, async () => ({ label, words: await say(label) })),
      );
      choice.setAttribute('aria-pressed', 'false');
      choice.setAttribute(
        'aria-label',
        label === 'unsure' ? `Unsure of ${name}` : `${name} is actually ${label}`,
      );
      this.#choices.set(label, choice);
    }
    if (where) {
      this.#where = button(
        'Where?',
        'choice quiet',
        () => void this.#run(this.#where as HTMLButtonElement, where),
      );
      this.#where.setAttribute('aria-label', `Draw where ${name} is bad`);
    }
    this.node.append(
      element('span', {}, 'Actually'),
      ...this.#choices.values(),
      ...(this.#where ? [this.#where] : []),
      this.#note,
      this.#problem,
    );
  }

  /** What has been said already. */
  press(label: FeedbackLabel | undefined): void {
    for (const [each, choice] of this.#choices) choice.setAttribute('aria-pressed', String(each === label));
  }

  click(label: FeedbackLabel): void {
    this.#choices.get(label)?.click();
  }

  async #run(
    pressed: HTMLButtonElement,
    work: () => Promise<{ label: FeedbackLabel; words: string } | undefined>,
  ): Promise<void> {
    const all = [...this.#choices.values(), ...(this.#where ? [this.#where] : [])];
    for (const each of all) each.disabled = true;
    this.#problem.replaceChildren();
    try {
      const said = await work();
      if (said) {
        this.press(said.label);
        this.#note.textContent = said.words;
      }
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    for (const each of all) each.disabled = false;
    pressed.focus();
  }
}
