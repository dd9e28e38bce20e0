import { stemOf } from '../files/file-tree.js';
import { type Meaning, meaningOf } from '../vocabulary/meaning-of.js';
import { shownPath } from './folder-node.js';
import type { PlacedImage } from './placed.js';
import { ambiguous, someOf } from './say-which.js';

/**
 * Lets the names of images say what their folder does not: `good_0.png` and `bad_0.png` side by side. Where some are called like bad
 * ones, and others like nothing that is known, nobody can tell.
 * @throws DataSetError that names them
 */
export function decideByName(images: readonly PlacedImage[]): PlacedImage[] {
  const folders = new Map<string, Named[]>();
  for (const image of images) {
    if (!image.byPlace) continue;
    const folder = image.file.folders.join('/');
    const named = folders.get(folder) ?? [];
    if (named.length === 0) folders.set(folder, named);
    named.push({ image, label: labelOf(meaningOf(stemOf(image.file.name))) });
  }
  const labels = new Map<PlacedImage, 'good' | 'bad'>();
  for (const named of folders.values()) {
    const bad = named.filter(({ label }) => label === 'bad');
    if (bad.length === 0) continue;
    const others = named.filter(({ label }) => label === undefined);
    if (others.length > 0) throw mixed(bad, others);
    for (const { image, label } of named) if (label) labels.set(image, label);
  }
  return images.map((image) => {
    const label = labels.get(image);
    return label ? { ...image, label, byPlace: false } : image;
  });
}

interface Named {
  image: PlacedImage;
  label: 'good' | 'bad' | undefined;
}

/** Only where no other word is in the name: a `bad pixel map` is no bad part. */
function labelOf({ role, of }: Meaning): 'good' | 'bad' | undefined {
  return (role === 'good' || role === 'bad') && of === undefined ? role : undefined;
}

function mixed(bad: readonly Named[], others: readonly Named[]): Error {
  const names = (some: readonly Named[]): string =>
    someOf(
      some.map(({ image }) => image.file.name),
      3,
    );
  const folder = (bad[0] as Named).image.file.folders;
  return ambiguous(
    `cannot tell which images of ${shownPath(folder)} are good: ${names(bad)} are called like bad ones, and ${names(others)} are not`,
    ['the one are bad, and the others good', 'all are good, whatever they are called'],
    { folder: folder.join('/') },
  );
}
