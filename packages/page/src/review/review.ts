import type { Feedback, FeedbackLabel } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import type { Decisions } from '../api/decisions.js';
import type { Marks } from '../api/marks.js';
import { listDetectors } from '../detectors/list-detectors.js';
import { byId } from '../dom/by-id.js';
import { button, element } from '../dom/element.js';
import { plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { saveFile } from '../dom/save-file.js';
import { KeepImages } from './keep-images.js';
import { RetrainPanel } from './retrain-panel.js';
import { ReviewItem } from './review-item.js';

/** Marks shown at a time: each may have a picture to fetch. */
const PAGE = 60;
/** Most marks that are read: the CSV export has all of them. */
const MOST = 5000;

const FILTERS = [
  ['all', 'all'],
  ['unsure', 'unsure'],
  ['bad', 'bad'],
  ['good', 'good, the most unusual first'],
] as const;

export interface ReviewActions {
  /** What is being looked at, for the address. */
  chosen(name: string): void;
  /** Shows a job that was started. */
  train(job: string): void;
}

export interface ReviewParts {
  client: Client;
  marks: Marks;
  decisions: Decisions;
}

/** What people said about a detector's predictions: reviewed, corrected, and trained with. */
export class Review {
  readonly #client: Client;
  readonly #marks: Marks;
  readonly #actions: ReviewActions;
  readonly #detector = element('select', { id: 'review-detector' });
  readonly #filter = element('select', { id: 'review-filter' });
  readonly #summary = element('p', { role: 'status' });
  readonly #problem = element('div', {});
  readonly #list = element('ul', { class: 'results', 'aria-label': 'Marked parts' });
  readonly #more = button('Show more', '', () => this.#draw(this.#shown + PAGE));
  readonly #keep: KeepImages;
  readonly #retrain: RetrainPanel;
  #all: Feedback[] = [];
  #shown = PAGE;
  #items: ReviewItem[] = [];
  /** The alias that is in use, of each detector. */
  #inUse: ReadonlyMap<string, string> = new Map();
  #loading: AbortController | undefined;

  constructor({ client, marks, decisions }: ReviewParts, actions: ReviewActions) {
    this.#client = client;
    this.#marks = marks;
    this.#actions = actions;
    this.#keep = new KeepImages(decisions);
    this.#retrain = new RetrainPanel(client, (job) => actions.train(job));
    this.#filter.append(...FILTERS.map(([value, text]) => element('option', { value }, text)));
    this.#filter.addEventListener('change', () => this.#draw(PAGE));
    this.#detector.addEventListener('change', () => void this.#load());
    byId('review-body').append(
      element(
        'div',
        { class: 'fields' },
        element('label', { class: 'field', for: 'review-detector' }, 'Detector', this.#detector),
        element('label', { class: 'field', for: 'review-filter' }, 'Show', this.#filter),
      ),
      element('div', { class: 'panels' }, this.#keep.node, this.#retrain.node),
      element(
        'div',
        { class: 'row results-head' },
        this.#summary,
        element(
          'span',
          { class: 'actions' },
          button('Export CSV', 'quiet', () => void this.#export('csv')),
          button('Export pictures as ZIP', 'quiet', () => void this.#export('zip')),
        ),
      ),
      this.#problem,
      this.#list,
      this.#more,
    );
    this.#more.hidden = true;
  }

  /** Refreshes, for the detector that the address names or the one that was shown before. */
  async open(name: string): Promise<void> {
    try {
      const detectors = await listDetectors(this.#client, this.#detector, name);
      this.#inUse = new Map(
        detectors.map(({ name: each, aliases }) => [each, aliases.production ? 'production' : 'latest']),
      );
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.open(name)));
      return;
    }
    await this.#load();
  }

  async #load(): Promise<void> {
    const name = this.#detector.value;
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#all = [];
    this.#problem.replaceChildren();
    if (name === '') {
      this.#summary.textContent = 'No detectors yet.';
      return;
    }
    this.#actions.chosen(name);
    void this.#keep.show(name);
    this.#retrain.show(name, this.#inUse.get(name) ?? 'latest');
    try {
      for await (const feedback of this.#marks.all(name)) {
        if (loading.signal.aborted) return;
        this.#all.push(feedback);
        if (this.#all.length >= MOST) break;
      }
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error, () => void this.#load()));
    }
    this.#draw(PAGE);
  }

  #draw(count: number): void {
    this.#shown = count;
    const wanted = this.#filter.value;
    const found = this.#all.filter(({ label }) => wanted === 'all' || label === wanted);
    found.sort((a, b) => rankOf(a.label) - rankOf(b.label) || b.score - a.score);
    for (const item of this.#items) item.dispose();
    this.#items = found.slice(0, count).map((feedback) => this.#item(feedback));
    this.#list.replaceChildren(...this.#items.map(({ node }) => node));
    this.#more.hidden = found.length <= count;
    this.#tell();
  }

  #item(feedback: Feedback): ReviewItem {
    return new ReviewItem(feedback, this.#marks, {
      changed: (next) => {
        const place = this.#all.findIndex(({ prediction }) => prediction === next.prediction);
        if (place >= 0) this.#all[place] = next;
        this.#tell();
      },
      deleted: ({ prediction }) => {
        this.#all = this.#all.filter((each) => each.prediction !== prediction);
        this.#draw(this.#shown);
      },
    });
  }

  #tell(): void {
    const count = (label: FeedbackLabel): number => this.#all.filter((each) => each.label === label).length;
    const kept = this.#all.filter(({ image }) => image).length;
    this.#summary.textContent =
      this.#all.length === 0
        ? 'Nothing yet. Mark parts in Inspect as good, bad or unsure.'
        : `${plural(this.#all.length, 'part')}: ${count('bad')} bad, ${count('good')} good, ${count('unsure')} unsure; ${plural(kept, 'picture')} kept.`;
  }

  async #export(format: 'csv' | 'zip'): Promise<void> {
    try {
      const name = this.#detector.value;
      saveFile(`${name}-feedback.${format}`, await this.#marks.export(name, format));
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }
}

/** What is to be decided first. */
function rankOf(label: FeedbackLabel): number {
  return { unsure: 0, good: 1, bad: 2 }[label];
}
