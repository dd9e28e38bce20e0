import { element } from './element.js';

/** Has the browser save a file. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun when this turn is over, in every browser.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
