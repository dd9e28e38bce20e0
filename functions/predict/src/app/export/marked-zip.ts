import { sniffFormat } from '@cflow/images';
import { nextTurn } from '@cflow/runtime';
import { type MarkedImage, markedFiles } from '@cflow/store';
import { Zip, ZipPassThrough } from 'fflate';

/**
 * The images as a ZIP archive that training reads, a few pieces at a time: images are packed already, so they are stored. After
 * each piece others have a turn, since its check sum takes a millisecond.
 */
export async function* markedZip(images: AsyncIterable<MarkedImage>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  for await (const marked of images) {
    for (const { path, pieces } of markedFiles(marked, { ending: endingOf(marked.image), holdOut: false })) {
      const entry = new ZipPassThrough(path);
      entry.mtime = marked.feedback.createdAt;
      zip.add(entry);
      for (const piece of pieces) {
        entry.push(piece);
        yield* ready.splice(0);
        await nextTurn();
      }
      entry.push(new Uint8Array(0), true);
    }
    yield* ready.splice(0);
  }
  zip.end();
  yield* ready.splice(0);
}

function endingOf(image: Uint8Array): string {
  const found = sniffFormat(image);
  return found && 'format' in found ? `.${found.format}` : '';
}
