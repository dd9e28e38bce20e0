import { ReviewClient } from '@cflow/sdk/review';
import type { Client } from '../api/client.js';
import { sdkOptions } from '../api/sdk-options.js';
import { uploadDataSet } from '../api/upload.js';
import { button, element } from '../dom/element.js';
import { problemMessage } from '../dom/problem-message.js';

/** Trains the next version with what was marked. */
export class RetrainPanel {
  readonly node: HTMLElement = element('div', { class: 'panel retrain' });
  readonly #client: Client;
  readonly #onStarted: (job: string) => void;
  readonly #start = button('Train a better version', 'primary', () => void this.#train());
  readonly #file = element('input', {
    id: 'retrain-zip',
    class: 'hidden-input',
    type: 'file',
    accept: '.zip,application/zip',
  });
  readonly #note = element('p', { class: 'hint', role: 'status' });
  readonly #problem = element('div', {});
  #name = '';
  #version = '';

  constructor(client: Client, onStarted: (job: string) => void) {
    this.#client = client;
    this.#onStarted = onStarted;
    this.node.append(
      element('h2', {}, 'The next version'),
      element(
        'p',
        {},
        'Trained on the images of the version in use and on three out of four kept pictures of good parts. The fourth, and all pictures of bad parts, compare it with that version. Nothing goes into production by itself.',
      ),
      element(
        'div',
        { class: 'choices' },
        this.#start,
        element(
          'span',
          {},
          this.#file,
          element('label', { for: 'retrain-zip', class: 'button' }, 'With a ZIP of its images'),
        ),
      ),
      this.#note,
      this.#problem,
    );
    this.#file.addEventListener('change', () => {
      const [archive] = this.#file.files ?? [];
      this.#file.value = '';
      if (archive) void this.#train(archive);
    });
  }

  /** @param version The version to improve on: an alias or a version */
  show(name: string, version: string): void {
    this.#name = name;
    this.#version = version;
    this.#problem.replaceChildren();
    this.#note.textContent = '';
  }

  async #train(archive?: Blob): Promise<void> {
    const name = this.#name;
    if (name === '') return;
    this.#start.disabled = true;
    this.#problem.replaceChildren();
    try {
      const dataSet = archive && {
        path: (await uploadDataSet(this.#client, archive, (share) => this.#tell(share))).path,
      };
      const review = new ReviewClient(sdkOptions(this.#client));
      const { id } = await review.retrain(name, { version: this.#version, dataSet });
      this.#note.textContent = '';
      this.#onStarted(id);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
    this.#start.disabled = false;
  }

  #tell(share: number): void {
    this.#note.textContent = share < 1 ? `Uploading: ${Math.floor(share * 100)} %` : 'Storing';
  }
}
