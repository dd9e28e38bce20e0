import type { CflowError, Device, Logger } from '@cflow/spec';
import type { InferenceResult } from './inference.js';
import type { Step } from './lanes/step-watch.js';

/** Whether the shadow gave an image the same label as the answer; `dropped`: there was no time for it. */
export type ShadowOutcome = 'agreed' | 'differed' | 'dropped' | 'failed';

/** Told what happens inside, for metrics and logs. Must not throw; all times are in milliseconds. */
export interface InferenceObserver {
  /** A request is answered with these; what a shadow says is not among them. */
  answered?(results: readonly InferenceResult[]): void;
  /** A batch was scored: its images, the size it was padded to, and how long the device took. */
  batch?(event: { device: Device; images: number; size: number; runMs: number }): void;
  /** Time from when an image was ready to be scored until its batch began. */
  queueWait?(milliseconds: number): void;
  /** Time from when an image was handed to an image thread until its pixels were ready. */
  decode?(milliseconds: number): void;
  loaded?(event: { name: string; version: string; device: Device; milliseconds: number }): void;
  evicted?(event: { name: string; version: string }): void;
  /** A version that an alias was moved to cannot be loaded: the previous one still serves. */
  swapFailed?(event: { name: string; reference: string; version: string; error: unknown }): void;
  /** An image that was answered was scored by the shadow of its detector, too, or not. */
  shadow?(event: { name: string; outcome: ShadowOutcome; error?: unknown }): void;
  /** A further lane could not be opened; the others carry on. */
  laneFailed?(reason: unknown): void;
  /** A thread died, or was stuck, and is being replaced. */
  threadReplaced?(event: { kind: 'device' | 'image'; reason: CflowError }): void;
  /** The engine did not finish its work in time. */
  overran?(event: { step: Step | undefined; reason: CflowError }): void;
  /** A detector, or every detector of a backbone, is refused for a while: it has cost lanes again and again. */
  refused?(event: { step: Step }): void;
  /** The memory of a device did not suffice for so many images, or, with 0, for opening a detector. */
  outOfMemory?(event: { device: Device; images: number }): void;
  /** This process has lost the device and has to be restarted. */
  deviceLost?(event: { device: Device; reason: unknown }): void;
}

/** The observer, with what an operator should know written to the log. */
export function loggingObserver(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  observer: InferenceObserver,
): InferenceObserver {
  return {
    ...observer,
    loaded: (event) => {
      logger.info({ ...event, milliseconds: Math.round(event.milliseconds) }, 'detector loaded');
      observer.loaded?.(event);
    },
    evicted: (event) => {
      logger.info(event, 'detector removed from memory');
      observer.evicted?.(event);
    },
    swapFailed: (event) => {
      logger.warn(
        { ...event, error: String(event.error) },
        'new version cannot be loaded, the old one serves',
      );
      observer.swapFailed?.(event);
    },
    shadow: (event) => {
      if (event.outcome === 'failed') {
        logger.warn({ name: event.name, error: String(event.error) }, 'the shadow cannot score');
      }
      observer.shadow?.(event);
    },
    laneFailed: (reason) => {
      logger.warn({ error: String(reason) }, 'a further lane cannot be opened, those there are go on');
      observer.laneFailed?.(reason);
    },
    threadReplaced: (event) => {
      logger.warn({ kind: event.kind, reason: event.reason.message }, 'thread replaced');
      observer.threadReplaced?.(event);
    },
    overran: (event) => {
      logger.warn({ step: event.step }, 'the engine did not come back in time, and was given up');
      observer.overran?.(event);
    },
    refused: (event) => {
      logger.error(
        { step: event.step },
        'refused for a while: the engine hung or crashed over it again and again',
      );
      observer.refused?.(event);
    },
    outOfMemory: (event) => {
      logger.warn(event, 'the memory of the device does not suffice');
      observer.outOfMemory?.(event);
    },
    deviceLost: (event) => {
      logger.error(
        { device: event.device, reason: String(event.reason) },
        'the device is lost to this process',
      );
      observer.deviceLost?.(event);
    },
  };
}
