import { DataSetError, type Label, type Split } from '@cflow/spec';
import type { FileTree, TreeFile } from '../files/file-tree.js';
import { isBatch } from '../vocabulary/is-batch.js';
import { type Meaning, meaningOf } from '../vocabulary/meaning-of.js';
import type { FolderMeanings } from './folder-meanings.js';
import { type FolderNode, folderNodes, shownPath } from './folder-node.js';
import type { Placed, UndecidedFolder } from './placed.js';
import { ambiguous, SAY_WHICH } from './say-which.js';

/** What the folders above say. */
interface State {
  split: Split | undefined;
  label: Label | undefined;
  defect: string | undefined;
  /** The kind was named by a folder of its own, not by a word for all that is bad. */
  named: boolean;
  /** A folder above is called like a day, a lot or a part. */
  isBatch: boolean;
  /** Such a one lies beside good images, so that nobody says what its own are. */
  isBeside: boolean;
  /** Words beside which some folder of the tree is called bad. */
  views: ReadonlySet<string>;
  meanings: FolderMeanings;
}

/**
 * Places every image of a tree by the words of the folders it lies in, from the outermost to the innermost.
 * @throws DataSetError for words that contradict each other, and for folders that can be read in two ways
 */
export function placeImages(tree: FileTree, meanings: FolderMeanings): Placed {
  const placed: Placed = { images: [], masks: [], skipped: [], undecided: [], batches: [] };
  const top = folderNodes(tree);
  const views = new Set<string>();
  collectBadViews(top, views);
  const start: State = {
    ...{ split: undefined, label: undefined, defect: undefined },
    ...{ named: false, isBatch: false, isBeside: false },
    views,
    meanings,
  };
  visit(top, start, placed);
  return placed;
}

/** What is called bad besides the word: of `def_front` the `front`. Then `ok_front` are the good ones of the same view. */
function collectBadViews(node: FolderNode, views: Set<string>): void {
  for (const child of node.children.values()) {
    const { role, of } = meaningOf(child.name);
    if (role === 'bad' && of !== undefined) views.add(of);
    collectBadViews(child, views);
  }
}

function visit(node: FolderNode, state: State, placed: Placed): void {
  const children = [...node.children.values()].map((child) => ({
    child,
    meaning: state.meanings(child.path),
  }));
  const hasGood = children.some(({ meaning }) => meaning.role === 'good' || isGoodView(meaning, state));
  const hasSplits = children.some(({ meaning }) => meaning.split !== undefined);
  placeStraight(node, state, { beside: hasGood || hasSplits }, placed);
  const names = new Set(children.map(({ child }) => child.name.toLowerCase()));
  for (const { child, meaning } of children) {
    const split = splitBelow(child, state, meaning);
    const next: State = { ...state, split };
    switch (meaning.role) {
      case 'ignored':
        skipAll(child, placed, 'left-out-folder');
        break;
      case 'mask':
        checkMaskFolder(child, meaning, names);
        placeMasks(child, node.path, meaning.of === undefined ? [] : [meaning.of], placed);
        break;
      case 'images':
        visit(child, next, placed);
        break;
      case 'unlabelled':
        visit(child, { ...next, label: 'unknown' }, placed);
        break;
      case 'good':
      case 'bad':
        checkContradiction(child, state, meaning.role);
        visit(child, labelled(next, meaning.role, child.name), placed);
        break;
      case 'unclear':
        if (isGoodView(meaning, state)) visit(child, labelled(next, 'good', child.name), placed);
        else if (state.label === undefined) throw unclear(child);
        else visit(child, state.label === 'bad' ? kind(next, child.name) : next, placed);
        break;
      default:
        visitNamed(child, next, { hasGood, hasSplits, straight: node.images.length > 0 }, placed);
    }
  }
}

const isGoodView = ({ role, of = '' }: Meaning, { label, views }: State): boolean =>
  role === 'unclear' && label === undefined && views.has(of);

/**
 * A folder whose name is not in the vocabulary: a kind of defect where good ones lie beside it or in a test, unless it is called like a
 * day, a lot or a part.
 */
function visitNamed(
  child: FolderNode,
  state: State,
  beside: { hasGood: boolean; hasSplits: boolean; straight: boolean },
  placed: Placed,
): void {
  const isKind = beside.hasGood || state.isBeside || state.split === 'test' || state.split === 'validation';
  if (isBatch(child.name, state.isBatch) && (state.label !== undefined || isKind)) {
    if (state.label === 'bad' && !state.named && !state.isBatch) placed.batches.push(child.path.join('/'));
    visit(child, { ...state, isBatch: true, isBeside: isKind }, placed);
    return;
  }
  if (state.label === 'bad' || (state.label === undefined && isKind)) {
    visit(child, kind({ ...state, label: 'bad' }, child.name), placed);
  } else if (state.label === undefined && beside.hasSplits) {
    skipAll(child, placed, 'outside');
  } else {
    if (state.label === undefined) {
      const folder: UndecidedFolder = { path: child.path, straight: beside.straight, split: state.split };
      placed.undecided.push(folder);
      // Masks beside the images may still tell; see `decideByMask`.
    }
    visit(child, state, placed);
  }
}

function placeStraight(
  node: FolderNode,
  state: State,
  { beside }: { beside: boolean },
  placed: Placed,
): void {
  const { split, label, defect } = state;
  for (const file of node.images) {
    if (label !== undefined) placed.images.push({ file, split, label, defect, byPlace: false });
    else if (split === 'train' || (split === 'validation' && !state.isBeside)) {
      placed.images.push({ file, split, label: 'good', defect: undefined, byPlace: true });
    } else {
      // Beside a folder that is called good, and straight in a test, nobody said what an image is.
      const unknown = beside || state.isBeside || split === 'test';
      placed.images.push({
        file,
        split,
        label: unknown ? 'unknown' : 'good',
        defect: undefined,
        byPlace: true,
      });
    }
  }
}

/** Everything below a folder of masks is a mask, whatever the words below it say. */
function placeMasks(
  node: FolderNode,
  above: readonly string[],
  below: readonly string[],
  placed: Placed,
): void {
  for (const file of node.images) placed.masks.push({ file, above, below });
  for (const child of node.children.values()) placeMasks(child, above, [...below, child.name], placed);
}

function skipAll(node: FolderNode, placed: Placed, reason: 'left-out-folder' | 'outside'): void {
  const all = (each: FolderNode): TreeFile[] => [...each.images, ...[...each.children.values()].flatMap(all)];
  for (const { name } of all(node)) placed.skipped.push({ name, reason });
}

function labelled(state: State, label: 'good' | 'bad', name: string): State {
  if (label === 'good') return { ...state, label };
  return { ...state, label, defect: state.named ? state.defect : name };
}

/** A folder that names a kind of defect; the outermost counts. */
function kind(state: State, name: string): State {
  return state.named ? state : { ...state, defect: name, named: true };
}

function splitBelow(child: FolderNode, state: State, meaning: Meaning): Split | undefined {
  if (meaning.split === undefined || state.split === undefined || meaning.split === state.split) {
    return meaning.split ?? state.split;
  }
  throw ambiguous(
    `cannot tell what the images of ${shownPath(child.path)} are for`,
    [`for ${state.split}, as the folder above says`, `for ${meaning.split}, as its own name says`],
    { folder: child.path.join('/') },
  );
}

function checkContradiction(child: FolderNode, state: State, label: 'good' | 'bad'): void {
  if (state.label === undefined || state.label === 'unknown' || state.label === label) return;
  throw ambiguous(
    `cannot tell whether the images of ${shownPath(child.path)} are good`,
    [`they are ${state.label}, as a folder above says`, `they are ${label}, as its own name says`],
    { folder: child.path.join('/') },
  );
}

function unclear(folder: FolderNode): DataSetError {
  return ambiguous(
    `cannot tell whether the images of ${shownPath(folder.path)} are good`,
    [`"${folder.name}" is a folder of good images`, 'it is a kind of defect'],
    { folder: folder.path.join('/') },
  );
}

/** "crack mask" is a folder of masks where a folder "crack" lies beside it, and may be a kind of defect elsewhere. */
function checkMaskFolder(folder: FolderNode, { of }: Meaning, siblings: ReadonlySet<string>): void {
  if (of === undefined || of === 'good' || of === 'bad') return;
  const words = of.split(' ');
  const isBeside = [...siblings].some((name) => {
    const own = name.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '' && !/^\p{N}+$/u.test(word));
    return own.length > 0 && own.join(' ') === words.join(' ');
  });
  if (isBeside) return;
  throw new DataSetError(
    `cannot tell what is in ${shownPath(folder.path)}: either masks of images called ${of}, of which there is no folder beside it, ` +
      `or images of a kind of defect; ${SAY_WHICH}`,
    { details: { folder: folder.path.join('/') } },
  );
}
