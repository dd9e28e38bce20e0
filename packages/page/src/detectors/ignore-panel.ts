import type { DetectorSettings, DrawnRegions } from '@cflow/sdk';
import type { Decisions } from '../api/decisions.js';
import { button, element } from '../dom/element.js';
import { plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import type { NamedFile } from '../inspect/dropped-files.js';
import { pictureSize } from '../marks/picture-size.js';
import { type Box, RegionDrawing } from '../marks/region-drawing.js';

/** What is left out of every picture of a detector, drawn on one of them and kept with its settings. */
export class IgnorePanel {
  readonly node: HTMLElement = element('div', { class: 'panel ignore' });
  readonly #decisions: Decisions;
  readonly #pictures: () => readonly NamedFile[];
  readonly #file = element('input', {
    id: 'ignore-file',
    type: 'file',
    accept: 'image/*,.bmp,.webp,.avif',
    class: 'hidden-input',
  });
  readonly #drawing = new RegionDrawing(() => this.#tell());
  readonly #place = element('div', {}, this.#drawing.node);
  readonly #now = element('p', { role: 'status' });
  readonly #count = element('p', { class: 'hint', role: 'status' });
  readonly #undo = button('Undo the last one', 'quiet', () => this.#drawing.undo());
  readonly #save = button('Save ignored regions', '', () => void this.#put(this.#drawing.regions));
  readonly #nothing = button('Ignore nothing', 'quiet', () => void this.#put(undefined));
  readonly #inInspect = button('Use the first one in Inspect', '', () => void this.#takeFirst());
  readonly #problem = element('div', {});
  #settings: DetectorSettings | undefined;
  #name = '';
  #address = '';

  constructor(decisions: Decisions, pictures: () => readonly NamedFile[]) {
    this.#decisions = decisions;
    this.#pictures = pictures;
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file) void this.#draw(file, file.name);
    });
    this.node.append(
      element('h2', {}, 'Ignored regions'),
      element(
        'p',
        { class: 'hint' },
        'Draw rectangles on a picture: what lies in them is ignored in every picture of this detector.',
      ),
      this.#now,
      element(
        'div',
        { class: 'choices' },
        element(
          'span',
          {},
          this.#file,
          element('label', { for: 'ignore-file', class: 'button' }, 'Choose a picture'),
        ),
        this.#inInspect,
        this.#nothing,
      ),
      this.#place,
      element(
        'div',
        { class: 'row' },
        this.#count,
        element('span', { class: 'actions' }, this.#undo, this.#save),
      ),
      this.#problem,
    );
  }

  async show(name: string): Promise<void> {
    this.#name = name;
    this.#clear();
    this.#problem.replaceChildren();
    try {
      const settings = await this.#decisions.read(name);
      if (name !== this.#name) return;
      this.#settings = settings;
      const { ignore } = settings;
      this.#now.textContent = ignore
        ? `${plural(ignore.outlines.length, 'region')} of each picture ${ignore.outlines.length === 1 ? 'is' : 'are'} ignored.`
        : 'Nothing is ignored.';
      this.#nothing.hidden = !ignore;
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.show(name)));
    }
  }

  #clear(): void {
    if (this.#address !== '') URL.revokeObjectURL(this.#address);
    this.#address = '';
    this.#place.hidden = true;
    this.#undo.hidden = true;
    this.#save.hidden = true;
    this.#count.textContent = '';
  }

  async #takeFirst(): Promise<void> {
    const [first] = this.#pictures();
    if (first) await this.#draw(first.file, first.path);
    else
      this.#problem.replaceChildren(
        problemMessage('There are no pictures in Inspect: drop some there first.'),
      );
  }

  async #draw(image: Blob, name: string): Promise<void> {
    this.#clear();
    this.#problem.replaceChildren();
    this.#address = URL.createObjectURL(image);
    try {
      const size = await pictureSize(this.#address);
      this.#drawing.show(this.#address, name, size);
      this.#place.hidden = false;
      this.#drawing.add(boxesOf(this.#settings?.ignore, size));
      this.#tell();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }

  async #put(ignore: DrawnRegions | undefined): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    this.#save.disabled = true;
    try {
      // Whoever hears of it shows it.
      await this.#decisions.save(settings, { ignore });
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    this.#save.disabled = false;
  }

  #tell(): void {
    const { count } = this.#drawing;
    this.#count.textContent = count === 0 ? 'Nothing drawn.' : `${plural(count, 'region')} drawn.`;
    this.#undo.hidden = count === 0;
    this.#save.hidden = count === 0;
  }
}

/** What was drawn on a picture of another size, on one of this; outlines that are no rectangles as those around them. */
function boxesOf(drawn: DrawnRegions | undefined, size: { width: number; height: number }): Box[] {
  if (!drawn) return [];
  const [right, down] = [size.width / drawn.width, size.height / drawn.height];
  return drawn.outlines.map((outline) => {
    const xs = outline.map(([x]) => x * right);
    const ys = outline.map(([, y]) => y * down);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  });
}
