import type { Job } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { problemMessage } from '../dom/problem-message.js';
import { JobList } from './job-list.js';
import { JobView } from './job-view.js';
import { TrainingForm } from './training-form.js';

export interface TrainingActions {
  /** There is a new version of a detector. */
  published(): void;
  use(detector: { name: string; version: string }): void;
  /** A job is shown, for the address. */
  shown(id: string): void;
}

/** A data set in, a job to watch, a detector out. */
export class Training {
  readonly #list: JobList;
  readonly #view: JobView;
  readonly #client: Client;
  readonly #actions: TrainingActions;

  constructor(client: Client, actions: TrainingActions) {
    this.#client = client;
    this.#actions = actions;
    this.#view = new JobView(client, {
      changed: (job) => {
        this.#list.put(job);
        if (job.status === 'succeeded') actions.published();
      },
      use: actions.use,
    });
    this.#list = new JobList(client, (job) => this.#show(job));
    // It registers itself with the form of the page.
    new TrainingForm(client, (job) => {
      this.#list.put(job);
      this.#show(job);
    });
  }

  /** Shows the job that an address names. */
  async open(id: string): Promise<void> {
    if (id === '' || id === this.#view.shown) return;
    try {
      const job = await this.#client.service.jobs.get(id);
      this.#list.put(job);
      this.#show(job);
    } catch (error) {
      byId('jobs-problem').replaceChildren(problemMessage(error));
    }
  }

  #show(job: Job): void {
    this.#actions.shown(job.id);
    void this.#view.show(job);
    this.#view.focus();
  }

  async refresh(): Promise<void> {
    await this.#list.refresh();
    const { running } = this.#list;
    if (running && this.#view.shown === undefined) void this.#view.show(running);
  }
}
