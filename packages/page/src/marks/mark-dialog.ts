import type { FeedbackInput } from '@cflow/sdk';
import { button, element } from '../dom/element.js';
import { plural } from '../dom/format.js';
import { pictureSize } from './picture-size.js';
import { type Box, RegionDrawing } from './region-drawing.js';

export interface MarkedPicture {
  name: string;
  image: Blob;
  /** What the detector marks, in pixels of the picture. */
  found?: readonly Box[] | undefined;
}

/** One picture, what it really is, and where it is bad. */
export class MarkDialog {
  readonly #title = element('h2', { id: 'mark-title' });
  readonly #count = element('p', { class: 'hint', role: 'status' });
  readonly #note = element('input', { id: 'mark-note', maxlength: 2000, autocomplete: 'off' });
  readonly #drawing = new RegionDrawing(() => this.#tell());
  readonly #take = button('Take what the detector marks', 'quiet', () => this.#drawing.add(this.#found));
  readonly #undo = button('Take the last one back', 'quiet', () => this.#drawing.undo());
  readonly #bad = button('Bad', 'primary', () => this.#close('bad'));
  readonly #dialog = element('dialog', { id: 'mark', 'aria-labelledby': 'mark-title' });
  #found: readonly Box[] = [];
  #resolve: ((said: FeedbackInput | undefined) => void) | undefined;

  constructor() {
    this.#dialog.append(
      element(
        'div',
        { class: 'row' },
        this.#title,
        button('Close', '', () => this.#dialog.close()),
      ),
      element('p', { class: 'hint' }, 'Draw a rectangle around each bad place, or draw none.'),
      this.#drawing.node,
      element(
        'div',
        { class: 'row' },
        this.#count,
        element('span', { class: 'actions' }, this.#take, this.#undo),
      ),
      element('label', { class: 'field', for: 'mark-note' }, 'Note', this.#note),
      element(
        'div',
        { class: 'choices' },
        this.#bad,
        button('Good', '', () => this.#close('good')),
        button('Unsure', '', () => this.#close('unsure')),
      ),
    );
    document.body.append(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      this.#resolve?.(undefined);
      this.#resolve = undefined;
    });
  }

  /** Undefined when the dialog is closed without an answer. Rejects where the browser cannot show the picture. */
  async ask({ name, image, found = [] }: MarkedPicture): Promise<FeedbackInput | undefined> {
    const address = URL.createObjectURL(image);
    try {
      const size = await pictureSize(address);
      this.#title.textContent = name;
      this.#note.value = '';
      this.#found = found;
      this.#take.hidden = found.length === 0;
      this.#drawing.show(address, name, size);
      this.#tell();
      this.#dialog.showModal();
      return await new Promise((resolve) => {
        this.#resolve = resolve;
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  #close(label: FeedbackInput['label']): void {
    const note = this.#note.value.trim();
    const { regions } = this.#drawing;
    this.#resolve?.({
      label,
      ...(note !== '' && { note }),
      ...(label === 'bad' && regions && { regions }),
    });
    this.#resolve = undefined;
    this.#dialog.close();
  }

  #tell(): void {
    const { count } = this.#drawing;
    this.#count.textContent = count === 0 ? 'Nothing drawn.' : `${plural(count, 'place')} drawn.`;
    this.#undo.hidden = count === 0;
  }
}
