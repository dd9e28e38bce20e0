import { readFile, stat } from 'node:fs/promises';

/** Files that are looked into, evenly spaced, and the largest: an embedded picture makes such a file long. */
const MOST_FILES = 16;
const MOST_BYTES = 2 ** 23;
/** LabelMe, Pascal VOC, Supervisely and CVAT, where something is drawn; YOLO has a number of a kind, and four or more of places. */
const DRAWN = /"(shapes|objects|regions)"\s*:\s*\[\s*\{|<object>|<(polygon|box|polyline)\b/;
const YOLO = /^\d+(?: \d*\.\d+){4,}\s*$/m;

/** Whether any of the files beside images, one for each, draws something on its image, as tools of annotation do. */
export async function isDrawnOn(paths: readonly string[]): Promise<boolean> {
  const step = Math.max(1, paths.length / MOST_FILES);
  for (let at = 0; at < paths.length; at += step) {
    const path = paths[Math.trunc(at)] as string;
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0 || size > MOST_BYTES) continue;
    const text = await readFile(path, 'utf8');
    if (DRAWN.test(text) || YOLO.test(text)) return true;
  }
  return false;
}
