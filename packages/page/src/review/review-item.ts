import type { Feedback, FeedbackInput } from '@cflow/sdk';
import type { Marks } from '../api/marks.js';
import { button, element, svg } from '../dom/element.js';
import { formatScore, formatTime } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { MarkButtons } from '../marks/mark-buttons.js';
import { markPicture } from '../marks/mark-picture.js';

export interface ReviewItemActions {
  changed(feedback: Feedback): void;
  deleted(feedback: Feedback): void;
}

/** One part that somebody has marked. */
export class ReviewItem {
  readonly node: HTMLLIElement = element('li', { class: 'card' });
  readonly #marks: Marks;
  readonly #actions: ReviewItemActions;
  readonly #name: string;
  readonly #picture = element('div', { class: 'kept' });
  readonly #note = element('p', { class: 'hint' });
  readonly #problem = element('div', {});
  readonly #ending = new AbortController();
  #feedback: Feedback;
  #image: Blob | undefined;
  #address: string | undefined;

  constructor(feedback: Feedback, marks: Marks, actions: ReviewItemActions) {
    this.#feedback = feedback;
    this.#marks = marks;
    this.#actions = actions;
    this.#name = `the part of ${formatTime(feedback.predictedAt)}, score ${formatScore(feedback.score)}`;
    const buttons = new MarkButtons(
      this.#name,
      async (label) => this.#say({ label, note: this.#feedback.note }),
      feedback.image ? () => this.#where() : undefined,
    );
    buttons.press(feedback.label);
    const remove = button('×', 'quiet remove', () => void this.#delete());
    remove.setAttribute('aria-label', `Delete what was said of ${this.#name}`);
    remove.title = 'Delete what was said, and the picture';
    this.node.append(
      this.#picture,
      element(
        'div',
        { class: 'card-title' },
        element('span', { class: 'file' }, `score ${formatScore(feedback.score)}`),
        remove,
      ),
      element('div', { class: 'card-body' }, this.#note, buttons.node, this.#problem),
    );
    this.#draw();
    if (feedback.image) void this.#load();
    else this.#picture.append(element('p', { class: 'hint' }, 'The picture is not kept.'));
  }

  dispose(): void {
    this.#ending.abort();
    if (this.#address) URL.revokeObjectURL(this.#address);
  }

  #draw(): void {
    const { label, note, by, createdAt, regions } = this.#feedback;
    this.node.dataset.label = label;
    const who = by === undefined ? '' : ` by ${by}`;
    this.#note.textContent = `${formatTime(createdAt)}${who}${note === undefined ? '' : `: ${note}`}`;
    this.#picture.querySelector('svg')?.remove();
    if (!regions || !this.#address) return;
    const { width, height, outlines } = regions;
    this.#picture.append(
      svg(
        'svg',
        { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', preserveAspectRatio: 'none' },
        ...outlines.map((corners) => svg('polygon', { class: 'drawn', points: corners.join(' ') })),
      ),
    );
  }

  async #load(): Promise<void> {
    try {
      this.#image = await this.#marks.image(this.#feedback, this.#ending.signal);
      this.#address = URL.createObjectURL(this.#image);
      this.#picture.append(element('img', { src: this.#address, alt: this.#name }));
      this.#draw();
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#picture.replaceChildren(problemMessage(error));
    }
  }

  async #say(said: FeedbackInput): Promise<string> {
    const { prediction: id, name } = this.#feedback;
    await this.#marks.mark({ id, name }, said);
    const { regions: _, note: __, ...rest } = this.#feedback;
    this.#feedback = { ...rest, ...said, createdAt: new Date().toISOString() };
    this.#actions.changed(this.#feedback);
    this.#draw();
    return 'Noted.';
  }

  async #where(): Promise<{ label: FeedbackInput['label']; words: string } | undefined> {
    if (!this.#image) return undefined;
    const said = await markPicture({ name: this.#name, image: this.#image });
    return said && { label: said.label, words: await this.#say(said) };
  }

  async #delete(): Promise<void> {
    try {
      await this.#marks.delete(this.#feedback);
      this.#actions.deleted(this.#feedback);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }
}
