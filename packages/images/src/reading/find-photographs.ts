import { evenlySpaced } from '../evenly-spaced.js';
import type { FileTree, TreeFile } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { lookInto } from './content-of.js';
import { type FolderNode, folderNodes } from './folder-node.js';

const MOST_FILES = 8;

/**
 * Folders that are called like masks by a word for products, too, and hold photographs: `mascara`, `labels`.
 * @returns their paths from the root, joined by `/`
 */
export async function findPhotographs(
  tree: Pick<FileTree, 'images'>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const visit = async (node: FolderNode): Promise<void> => {
    const { role, doubtful } = meaningOf(node.name);
    if (doubtful && (await arePhotographs(node, signal))) found.add(node.path.join('/'));
    else if (role === 'mask') return;
    for (const child of node.children.values()) await visit(child);
  };
  await visit(folderNodes(tree));
  return found;
}

/**
 * Whether at least half of what can be read of a folder is photographs, as images with masks beside them are. Folders of masks in it do
 * not count.
 * @param inColor whether they have to be in color, which no mask is
 */
export async function arePhotographs(
  node: FolderNode,
  signal?: AbortSignal,
  inColor = false,
): Promise<boolean> {
  let [photographs, others] = [0, 0];
  for (const { path } of evenlySpaced(imagesBelow(node), MOST_FILES)) {
    const look = await lookInto(path, signal);
    if (look?.content === 'photograph' && (look.isColored || !inColor)) photographs++;
    else if (look) others++;
  }
  return photographs > 0 && photographs >= others;
}

const imagesBelow = (node: FolderNode): TreeFile[] => [
  ...node.images,
  ...[...node.children.values()].filter(({ name }) => meaningOf(name).role !== 'mask').flatMap(imagesBelow),
];
