import type { FileTree, TreeFile } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { type FolderNode, folderNodes } from './folder-node.js';
import { looksOf } from './looks.js';

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
  const { photographs, colored, others } = await looksOf(imagesBelow(node), signal);
  const [wanted, unwanted] = inColor ? [colored, photographs - colored + others] : [photographs, others];
  return wanted > 0 && wanted >= unwanted;
}

const imagesBelow = (node: FolderNode): TreeFile[] => [
  ...node.images,
  ...[...node.children.values()].filter(({ name }) => meaningOf(name).role !== 'mask').flatMap(imagesBelow),
];
