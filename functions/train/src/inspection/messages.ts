import type { DataSetReport } from '@cflow/spec';
import type { ErrorMessage } from '../training-process/messages.js';

/** What an inspecting process is asked to do. JSON. */
export interface InspectionTask {
  /** File of the archive. */
  archive: string;
  /** Folder that it is unpacked into. */
  folder: string;
}

/** What an inspecting process says. */
export type InspectionMessage =
  | { type: 'ready' }
  | { type: 'report'; report: DataSetReport }
  | { type: 'error'; error: ErrorMessage };
