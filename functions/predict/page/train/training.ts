import type { Client } from '../api/client.js';
import { JobList } from './job-list.js';
import { JobView } from './job-view.js';
import { TrainingForm } from './training-form.js';

export interface TrainingActions {
  /** There is a new version of a detector. */
  published(): void;
  use(detector: { name: string; version: string }): void;
}

/** The lower half of the page: a data set in, a job to watch, a detector out. */
export class Training {
  private readonly list: JobList;
  private readonly view: JobView;

  constructor(client: Client, actions: TrainingActions) {
    this.view = new JobView(client, {
      changed: (job) => {
        this.list.put(job);
        if (job.status === 'succeeded') actions.published();
      },
      use: actions.use,
    });
    this.list = new JobList(client, (job) => {
      void this.view.show(job);
      this.view.focus();
    });
    // It registers itself with the form of the page.
    new TrainingForm(client, (job) => {
      this.list.put(job);
      void this.view.show(job);
      this.view.focus();
    });
  }

  async refresh(): Promise<void> {
    await this.list.refresh();
    const { running } = this.list;
    if (running && this.view.shown === undefined) void this.view.show(running);
  }
}
