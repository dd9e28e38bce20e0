import { stemOf } from '../files/file-tree.js';
import { type Meaning, meaningOf } from '../vocabulary/meaning-of.js';
import { shownPath } from './folder-node.js';
import type { PlacedImage } from './placed.js';
import { ambiguous, someOf } from './say-which.js';

/** The end of names that programs make. */
const ID = /(?<![0-9a-f-])[0-9a-f-]{6,}$/;

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
    named.push({ image, ...said(meaningOf(stemOf(image.file.name))) });
  }
  const labels = new Map<PlacedImage, 'good' | 'bad'>();
  for (const named of folders.values()) {
    decideViews(named);
    if (areIds(named)) continue;
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
  /** Of a name with another word in it, what it says of that word. */
  view?: { of: string; label: 'good' | 'bad' };
}

/** Another word in the name leaves it open: a `bad pixel map` is no bad part. */
function said({ role, of }: Meaning): Pick<Named, 'label' | 'view'> {
  if (of === undefined) return { label: role === 'good' || role === 'bad' ? role : undefined };
  if (role === 'bad') return { label: undefined, view: { of, label: 'bad' } };
  return { label: undefined, ...(role === 'unclear' && { view: { of, label: 'good' } }) };
}

/** `cast_def_0` beside `cast_ok_0` is bad: what else is said is the same of both. */
function decideViews(named: readonly Named[]): void {
  const bad = new Set<string>();
  const good = new Set<string>();
  for (const { view } of named) if (view) (view.label === 'bad' ? bad : good).add(view.of);
  for (const each of named)
    if (each.view && bad.has(each.view.of) && good.has(each.view.of)) each.label = each.view.label;
}

/** Whether all names end in hexadecimal digits, as many in each, with letters in most: those that read `bad` or `def` do so by chance. */
function areIds(named: readonly Named[]): boolean {
  const heads = new Set<string>();
  const lengths = new Set<number>();
  let telling = 0;
  for (const { image, label } of named) {
    const stem = stemOf(image.file.name).toLowerCase();
    const id = ID.exec(stem)?.[0] ?? '';
    heads.add(stem.slice(0, stem.length - id.length));
    lengths.add(id.length);
    if (label === undefined && /[a-f]/.test(id)) telling++;
  }
  return heads.size === 1 && lengths.size === 1 && 2 * telling > named.length;
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
