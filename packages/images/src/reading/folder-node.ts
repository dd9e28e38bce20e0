import type { FileTree, TreeFile } from '../files/file-tree.js';

/** A folder with the images straight in it and the folders that images lie in. */
export interface FolderNode {
  /** Its own name; empty for the root. */
  name: string;
  /** Names of the folders from the root down to it. */
  path: readonly string[];
  images: TreeFile[];
  children: Map<string, FolderNode>;
}

/** The folders of a tree, by the names that may say what is in them. */
export function folderNodes({ images }: Pick<FileTree, 'images'>): FolderNode {
  const root: FolderNode = { name: '', path: [], images: [], children: new Map() };
  for (const image of images) {
    let node = root;
    for (const name of image.folders) {
      let child = node.children.get(name);
      if (!child) {
        child = { name, path: [...node.path, name], images: [], children: new Map() };
        node.children.set(name, child);
      }
      node = child;
    }
    node.images.push(image);
  }
  return root;
}

/** The path of a folder for messages. */
export function shownPath(path: readonly string[]): string {
  return path.length === 0 ? 'the folder itself' : path.join('/');
}
