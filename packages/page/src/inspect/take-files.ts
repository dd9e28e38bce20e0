import { droppedFiles, type NamedFile } from './dropped-files.js';

export interface FilesTaker {
  /** Chosen in its dialog. */
  input: HTMLInputElement;
  /** Marked while files are over it. */
  zone: HTMLElement;
  /** What files may be dropped on. */
  target: HTMLElement | Window;
  onFiles(files: NamedFile[]): void;
  onError(error: unknown): void;
}

/** Files from a dialog and from drops. A drop that an inner target takes is not seen by an outer one. */
export function takeFiles({ input, zone, target, onFiles, onError }: FilesTaker): void {
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])].map((file) => ({ file, path: file.name })));
    // So that the same file can be chosen again.
    input.value = '';
  });
  const listen = (type: 'dragover' | 'drop', listener: (event: DragEvent, transfer: DataTransfer) => void) =>
    target.addEventListener(type, (event) => {
      const { dataTransfer } = event as DragEvent;
      if (event.defaultPrevented || !dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      listener(event as DragEvent, dataTransfer);
    });
  listen('dragover', () => zone.classList.add('over'));
  listen('drop', (_, transfer) => droppedFiles(transfer).then(onFiles, onError));
  // Seen on the whole page: a drag may end anywhere.
  const clear = (): void => zone.classList.remove('over');
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) clear();
  });
  addEventListener('dragover', (event) => {
    if (target instanceof HTMLElement && !target.contains(event.target as Node)) clear();
  });
  addEventListener('drop', clear);
}
