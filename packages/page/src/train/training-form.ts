import { type Job, type JobInput, NotFoundError } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { uploadDataSet } from '../api/upload.js';
import { byId } from '../dom/by-id.js';
import { element } from '../dom/element.js';
import { formatBytes, plural } from '../dom/format.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage } from '../dom/problem-message.js';
import { mayBeImage, type NamedFile } from '../inspect/dropped-files.js';
import { withoutCommonFolder, zipImages } from './zip-images.js';

/** The error of an upload that somebody stopped. */
const STOPPED = new Error('the upload was stopped');

type Chosen = { zip: File } | { images: NamedFile[] };

/** A data set and a name in, a job out. An upload is kept, so that a refused job need not repeat it. */
export class TrainingForm {
  readonly #client: Client;
  readonly #onStarted: (job: Job) => void;
  readonly #form = byId('train-form', HTMLFormElement);
  readonly #name = byId('job-name', HTMLInputElement);
  readonly #preset = byId('preset', HTMLSelectElement);
  readonly #start = byId('start', HTMLButtonElement);
  readonly #chosenNote = byId('data-set');
  readonly #understood = byId('understood');
  readonly #problem = byId('train-problem');
  readonly #bar = byId('upload-bar', HTMLProgressElement);
  #chosen: Chosen | undefined;
  #uploaded: { chosen: Chosen; path: Promise<string> } | undefined;
  /** The same for the same request, so that pressing the button again after a lost answer makes no second job. */
  #idempotency: { request: string; key: string } | undefined;
  #uploading: AbortController | undefined;

  constructor(client: Client, onStarted: (job: Job) => void) {
    this.#client = client;
    this.#onStarted = onStarted;
    this.#takeFiles();
    onSubmit(this.#form, () => void this.#submit());
    byId('upload-cancel').addEventListener('click', () => this.#uploading?.abort());
    addEventListener('beforeunload', (event) => {
      if (this.#uploading) event.preventDefault();
    });
  }

  #takeFiles(): void {
    const zip = byId('zip', HTMLInputElement);
    zip.addEventListener('change', () => {
      const file = zip.files?.[0];
      if (file) this.#choose({ zip: file }, `${file.name}, ${formatBytes(file.size)}`, file.name);
      zip.value = '';
    });
    const folder = byId('folder', HTMLInputElement);
    folder.addEventListener('change', () => {
      const all = [...(folder.files ?? [])].map((file) => ({
        file,
        path: file.webkitRelativePath || file.name,
      }));
      folder.value = '';
      const images = all.filter(({ file }) => mayBeImage(file));
      if (images.length === 0) {
        this.#problem.replaceChildren(problemMessage('There is no image in this folder. Choose another.'));
        return;
      }
      const bytes = images.reduce((sum, { file }) => sum + file.size, 0);
      const left = all.length - images.length;
      const text = `${plural(images.length, 'image')}, ${formatBytes(bytes)}${left > 0 ? `; ${plural(left, 'other file')} left out` : ''}`;
      this.#choose({ images: withoutCommonFolder(images) }, text, images[0]?.path.split('/')[0] ?? '');
    });
  }

  #choose(chosen: Chosen, text: string, name: string): void {
    this.#uploading?.abort();
    this.#chosen = chosen;
    this.#chosenNote.textContent = text;
    this.#problem.replaceChildren();
    this.#understood.replaceChildren();
    if (this.#name.value === '') this.#name.value = asName(name);
    void this.#look(chosen);
  }

  /** Uploads it, and shows how a training would understand it: better known before than after. */
  async #look(chosen: Chosen): Promise<void> {
    try {
      const path = await this.#upload(chosen);
      if (this.#chosen !== chosen) return;
      this.#understood.replaceChildren(element('p', { class: 'hint', role: 'status' }, 'Looking at it …'));
      const [report, { dataSetView }] = await Promise.all([
        this.#client.service.dataSets.inspect(path),
        import('./data-set-view.js'),
      ]);
      if (this.#chosen === chosen) this.#understood.replaceChildren(dataSetView(report));
    } catch (error) {
      if (this.#chosen !== chosen || error === STOPPED) return;
      // Where jobs run elsewhere, the job itself says it.
      const elsewhere = error instanceof NotFoundError;
      this.#understood.replaceChildren(...(elsewhere ? [] : [problemMessage(error)]));
    }
  }

  async #submit(): Promise<void> {
    const chosen = this.#chosen;
    this.#problem.replaceChildren();
    if (!chosen) {
      this.#problem.replaceChildren(problemMessage('Choose a ZIP file or a folder of images first.'));
      byId('zip').focus();
      return;
    }
    this.#start.disabled = true;
    try {
      const path = await this.#upload(chosen);
      const request: JobInput = {
        name: this.#name.value,
        dataSet: { path },
        preset: this.#preset.value as NonNullable<JobInput['preset']>,
      };
      const idempotencyKey = this.#keyFor(JSON.stringify(request));
      const job = await this.#client.service.jobs.create(request, { idempotencyKey });
      this.#idempotency = undefined;
      this.#onStarted(job);
    } catch (error) {
      if (error !== STOPPED) this.#problem.replaceChildren(problemMessage(error));
    } finally {
      this.#start.disabled = false;
    }
  }

  /** Only once: looking at it and starting a job share one upload. */
  #upload(chosen: Chosen): Promise<string> {
    if (this.#uploaded?.chosen === chosen) return this.#uploaded.path;
    const uploading = new AbortController();
    this.#uploading = uploading;
    byId('upload').hidden = false;
    const path = this.#send(chosen, uploading.signal)
      .catch((error: unknown) => {
        if (this.#uploaded?.path === path) this.#uploaded = undefined;
        if (!uploading.signal.aborted) throw error;
        if (this.#chosen === chosen) this.#chosenNote.textContent += ' (upload stopped)';
        throw STOPPED;
      })
      .finally(() => {
        if (this.#uploading !== uploading) return;
        this.#uploading = undefined;
        byId('upload').hidden = true;
      });
    this.#uploaded = { chosen, path };
    return path;
  }

  async #send(chosen: Chosen, signal: AbortSignal): Promise<string> {
    const archive =
      'zip' in chosen
        ? chosen.zip
        : await zipImages(
            chosen.images,
            (done) =>
              this.#showProgress(done / chosen.images.length, `Packing ${done} of ${chosen.images.length}`),
            signal,
          );
    this.#showProgress(0, 'Uploading');
    const { path } = await uploadDataSet(
      this.#client,
      archive,
      (share) =>
        this.#showProgress(
          share,
          share < 1
            ? `Uploading ${formatBytes(share * archive.size)} of ${formatBytes(archive.size)}`
            : 'Storing',
        ),
      signal,
    );
    return path;
  }

  #showProgress(share: number, text: string): void {
    this.#bar.value = share;
    byId('upload-text').textContent = text;
  }

  #keyFor(request: string): string {
    if (this.#idempotency?.request !== request) {
      // `randomUUID` is missing where a page came over plain HTTP from another machine.
      const random = crypto.getRandomValues(new Uint8Array(16));
      const key = [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      this.#idempotency = { request, key };
    }
    return this.#idempotency.key;
  }
}

/** A detector's name, made from a file's. */
function asName(file: string): string {
  return file
    .toLowerCase()
    .replace(/\.zip$/, '')
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[_-]+/g, '')
    .slice(0, 64)
    .replaceAll(/(?<![_-])[_-]+$/g, '');
}
