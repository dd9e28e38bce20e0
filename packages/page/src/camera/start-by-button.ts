import { problemMessage } from '../dom/problem-message.js';
import type { Camera } from './camera.js';

/** Where a camera is started, and what to do when it cannot be. */
export interface CameraStart {
  button: HTMLButtonElement;
  /** Says what is wrong. */
  problem: HTMLElement;
  /** Puts back what a start has changed. */
  stop(): void;
}

/** Starts a camera by its button. False when it is not on: it was stopped meanwhile, or what is wrong is said on the page. */
export async function startByButton(
  camera: Camera,
  { button, problem, stop }: CameraStart,
): Promise<boolean> {
  problem.replaceChildren();
  button.disabled = true;
  try {
    return await camera.start();
  } catch (error) {
    stop();
    problem.replaceChildren(problemMessage(error));
    return false;
  }
}
