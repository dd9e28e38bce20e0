import type { Registry, RegistryReader } from '@cflow/store';
import { ProblemError } from '../app/problem.js';

/** A registry whose writes are refused, with a message for the caller. */
export function readOnlyRegistry(reader: RegistryReader): Registry {
  const refuse = (what: string) => async (): Promise<never> => {
    throw new ProblemError(
      'unavailable',
      `${what} here: this Worker only reads its detectors; ask the service that they come from`,
      { status: 501 },
    );
  };
  const noChange = refuse('nothing can be published, moved or deleted');
  const noFeedback = refuse('feedback is not kept');
  return {
    name: reader.name,
    listDetectors: (page) => reader.listDetectors(page),
    listVersions: (detector, page) => reader.listVersions(detector, page),
    aliases: (detector) => reader.aliases(detector),
    resolve: (detector, reference) => reader.resolve(detector, reference),
    version: (detector, version) => reader.version(detector, version),
    settings: (detector) => reader.settings(detector),
    bundle: (detector, version) => reader.bundle(detector, version),
    file: (detector, version, file, options) => reader.file(detector, version, file, options),
    stage: noChange,
    publish: noChange,
    moveAlias: noChange,
    deleteAlias: noChange,
    deleteVersion: noChange,
    saveSettings: noChange,
    listSettings: refuse('revisions of settings are not listed'),
    sweep: noChange,
    addFeedback: noFeedback,
    listFeedback: noFeedback,
    feedbackOf: noFeedback,
    deleteFeedback: noFeedback,
    keepImage: noFeedback,
    keptImage: noFeedback,
    sweepImages: noChange,
  };
}
