import { Camera } from '../camera/camera.js';
import { startByButton } from '../camera/start-by-button.js';
import { byId } from '../dom/by-id.js';
import { problemMessage } from '../dom/problem-message.js';

export interface SnapshotActions {
  /** Called before the camera is requested, so that others release it. */
  starting(): void;
  taken(file: File): void;
}

/** The camera as a source of images to train on. */
export class Snapshots {
  readonly #camera: Camera;
  readonly #panel = byId('here-camera');
  readonly #start = byId('here-start-camera', HTMLButtonElement);
  readonly #problem = byId('here-camera-problem');
  readonly #actions: SnapshotActions;
  #count = 0;

  constructor(actions: SnapshotActions) {
    this.#actions = actions;
    this.#camera = new Camera(byId('here-video', HTMLVideoElement), () => {
      this.stop();
      this.#problem.replaceChildren(problemMessage('The camera is gone. Connect it and start it again.'));
    });
    this.#start.addEventListener('click', () => void this.#run());
    byId('here-snapshot').addEventListener('click', () => void this.#snapshot());
    byId('here-stop-camera').addEventListener('click', () => {
      this.stop();
      this.#start.focus();
    });
  }

  stop(): void {
    this.#camera.stop();
    this.#panel.hidden = true;
    this.#start.hidden = false;
    this.#start.disabled = false;
  }

  async #run(): Promise<void> {
    this.#actions.starting();
    const button = this.#start;
    const problem = this.#problem;
    if (!(await startByButton(this.#camera, { button, problem, stop: () => this.stop() }))) return;
    this.#start.hidden = true;
    this.#panel.hidden = false;
    byId('here-snapshot').focus();
  }

  async #snapshot(): Promise<void> {
    try {
      this.#actions.taken(await this.#camera.snapshot(`snapshot-${++this.#count}.png`));
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }
}
