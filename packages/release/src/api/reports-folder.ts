import { fileURLToPath } from 'node:url';

/** Where the reports lie that were looked at when they were committed. */
export const REPORTS_FOLDER: string = fileURLToPath(new URL('../../api/', import.meta.url));
