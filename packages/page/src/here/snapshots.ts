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
  private readonly camera: Camera;
  private readonly panel = byId('here-camera');
  private readonly start = byId('here-start-camera', HTMLButtonElement);
  private readonly problem = byId('here-camera-problem');
  private readonly actions: SnapshotActions;
  private count = 0;

  constructor(actions: SnapshotActions) {
    this.actions = actions;
    this.camera = new Camera(byId('here-video', HTMLVideoElement), () => {
      this.stop();
      this.problem.replaceChildren(problemMessage('The camera is gone. Connect it and start it again.'));
    });
    this.start.addEventListener('click', () => void this.run());
    byId('here-snapshot').addEventListener('click', () => void this.snapshot());
    byId('here-stop-camera').addEventListener('click', () => {
      this.stop();
      this.start.focus();
    });
  }

  stop(): void {
    this.camera.stop();
    this.panel.hidden = true;
    this.start.hidden = false;
    this.start.disabled = false;
  }

  private async run(): Promise<void> {
    this.actions.starting();
    const { start: button, problem } = this;
    if (!(await startByButton(this.camera, { button, problem, stop: () => this.stop() }))) return;
    this.start.hidden = true;
    this.panel.hidden = false;
    byId('here-snapshot').focus();
  }

  private async snapshot(): Promise<void> {
    try {
      this.actions.taken(await this.camera.snapshot(`snapshot-${++this.count}.png`));
    } catch (error) {
      this.problem.replaceChildren(problemMessage(error));
    }
  }
}
