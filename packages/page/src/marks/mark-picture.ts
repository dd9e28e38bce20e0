import type { FeedbackInput } from '@cflow/sdk';
import type { MarkDialog, MarkedPicture } from './mark-dialog.js';

let dialog: Promise<MarkDialog> | undefined;

/** Asks what a picture really is, and where it is bad. Loaded on first use, and made once for the page. */
export async function markPicture(picture: MarkedPicture): Promise<FeedbackInput | undefined> {
  dialog ??= import('./mark-dialog.js').then(({ MarkDialog }) => new MarkDialog());
  return (await dialog).ask(picture);
}
