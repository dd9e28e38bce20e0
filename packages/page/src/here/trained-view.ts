import type { TrainedBundle } from '@cflow/sdk/local';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { button, element } from '../dom/element.js';
import { formatBytes, formatDuration, plural, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import type { TrainedHere } from '../places/chosen-detector.js';
import { PLACE_WORDS, refusalWords } from '../places/place.js';
import { reportDetails } from '../report/report-details.js';

export interface TrainedActions {
  use(trained: TrainedHere): void;
  /** The service has a new version. */
  published(): void;
}

/** The result of a training run in this page: to score with, to save, to upload. */
export class TrainedView {
  readonly #node = byId('here-outcome');
  readonly #client: Client;
  readonly #actions: TrainedActions;

  constructor(client: Client, actions: TrainedActions) {
    this.#client = client;
    this.#actions = actions;
  }

  clear(): void {
    this.#node.replaceChildren();
  }

  show(trained: TrainedHere, images: number, seconds: number): void {
    const { bundle, device } = trained;
    const note = element('p', { class: 'hint', role: 'status' });
    const problem = element('div', {});
    const title = element(
      'p',
      { tabindex: '-1' },
      element('strong', {}, bundle.name),
      ` is ready: trained on ${plural(images, 'image')} in ${formatDuration(seconds)}, on ${PLACE_WORDS[device]}.`,
    );
    const busy = async (
      pressed: HTMLButtonElement,
      text: string,
      work: () => Promise<string>,
    ): Promise<void> => {
      pressed.disabled = true;
      problem.replaceChildren();
      note.textContent = text;
      try {
        note.textContent = await work();
      } catch (error) {
        note.textContent = '';
        problem.replaceChildren(problemMessage(error));
      }
      pressed.disabled = false;
      pressed.focus();
    };
    const use = button('Score with it', 'primary', () => this.#actions.use(trained));
    const save = button('Save as a file', '', () => void busy(save, 'Packing …', () => this.#save(bundle)));
    const upload = button(
      'Upload to the service',
      '',
      () => void busy(upload, 'Uploading …', () => this.#upload(bundle)),
    );
    const refused = bundle.refused.map((attempt) => element('p', { class: 'hint' }, refusalWords(attempt)));
    this.#node.replaceChildren(
      element(
        'div',
        { class: 'outcome' },
        title,
        ...rangeNote(bundle),
        ...refused,
        element('div', { class: 'choices' }, use, save, upload),
        note,
        problem,
        reportDetails(async () => reportOf(bundle)),
      ),
    );
    title.focus();
  }

  async #save(bundle: TrainedBundle): Promise<string> {
    const archive = await bundle.toBlob();
    const file = `${bundle.name}.cflow.zip`;
    const address = URL.createObjectURL(archive);
    const link = element('a', { href: address, download: file });
    link.click();
    // The browser takes the file after the click.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    return `${file}, ${formatBytes(archive.size)}, is in your downloads. Unpacked it is a folder for cflow serve.`;
  }

  async #upload(bundle: TrainedBundle): Promise<string> {
    const { version } = await bundle.upload(this.#client.service);
    this.#actions.published();
    return `Version ${shortVersion(version)} of ${bundle.name} is on the service now, as its latest.`;
  }
}

/** The range that samples of more than 8 bits were taken to have: later images have to be of the same kind. */
function rangeNote({ manifest }: TrainedBundle): HTMLElement[] {
  const { range } = (manifest.configuration ?? {}) as { range?: { low: number; high: number } };
  if (!range) return [];
  const words = `Its images have more than 8 bits, with values from ${range.low} to ${range.high}, as was found in them; those to come are read so, too.`;
  return [element('p', { class: 'hint' }, words)];
}

/** @throws Error when the bundle has none */
function reportOf({ files }: TrainedBundle): Promise<string> {
  const report = files.get('report.html');
  if (!report) throw new Error('This detector has no report.');
  return report.text();
}
