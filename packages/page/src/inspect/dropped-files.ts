/** Most files of one drop; dropping a whole disk should not crash the page. */
export const MAX_DROPPED_FILES = 65_000;

export interface NamedFile {
  file: File;
  /** Below what was dropped, with `/`. */
  path: string;
}

/** The files of a drop or of the clipboard, including those in folders. */
export async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  // All entries at once: they are gone after the first await.
  const entries = [...transfer.items].map((item) =>
    item.kind === 'file' ? item.webkitGetAsEntry?.() : null,
  );
  const plain = [...transfer.files];
  if (entries.every((entry) => !entry?.isDirectory)) return plain.map((file) => ({ file, path: file.name }));
  const found: NamedFile[] = [];
  const todo = entries.filter((entry) => entry !== null && entry !== undefined);
  for (let entry = todo.shift(); entry; entry = todo.shift()) {
    if (entry.isDirectory) todo.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
    else {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      found.push({ file, path: entry.fullPath.replace(/^\//, '') });
    }
    if (found.length > MAX_DROPPED_FILES) {
      throw new Error(`The folder holds more than ${MAX_DROPPED_FILES} files. Choose a smaller one.`);
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A reader gives a folder's entries in parts, and an empty part at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const IMAGE = /\.(png|jpe?g|bmp|tiff?|webp|avif|gif)$/i;

/** Whether something may be an image, by type or name; the service has the last word. */
export function mayBeImage({ name, type }: File): boolean {
  return type.startsWith('image/') || IMAGE.test(name);
}
