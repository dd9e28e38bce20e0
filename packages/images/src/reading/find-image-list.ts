import { open } from 'node:fs/promises';
import type { SkippedFile } from '../files/file-tree.js';
import { WORDS } from '../vocabulary/words.js';

/** Files that are looked into, and bytes of each. */
const MOST_FILES = 20;
const MOST_BYTES = 2 ** 26;
const CHUNK = 2 ** 16;
/** Characters that are kept from one piece to the next, so that no name and no line of a list is cut. */
const OVERLAP = 1024;

/** What a list of annotations in COCO's form has, whichever tool wrote it; of a file of labels for one image there is no list of images. */
const COCO = ['"images"', '"annotations"'];
const SPREADSHEET = /\.(xlsx?|xlsm|xlsb|ods|numbers|parquet)$/i;
const STRUCTURED = /\.(json|xml|ya?ml)$/i;
const LINES = /\.(txt|lst)$/i;
const PROSE = /(^|\/)(read ?me|licen[cs]e|notice|changelog)[^/]*$/i;
/** What tools that draw call what they draw. */
const DRAWN =
  'shapes regions objects polygon polyline points box bbox class category tag label labels choices';
const TELLING: ReadonlySet<string> = new Set([
  ...DRAWN.split(' '),
  ...[...WORDS]
    .filter(([, { role }]) => role === 'good' || role === 'bad' || role === 'mask')
    .map(([word]) => word),
]);
/** Between the names and values of any such file. A second time without blanks, which names may have. */
const SEPARATORS = [/["'<>\s,;:=|()[\]{}\\/]+/, /["'<>\r\n\t,;:=|()[\]{}\\/]+/];
/** A sum of a file says nothing of what is in it. */
const CHECKSUM = /^[0-9a-f]{32,}[ *]*$/i;

/** A file beside the images that may say which of them are bad, and what it is. */
export interface ImageList {
  name: string;
  what: 'coco' | 'list' | 'spreadsheet';
}

/**
 * The first file that says something of several images and is not read: annotations in COCO's form, an export of another tool, labels
 * as JSON or as a plain text, a spreadsheet.
 *
 * @param images names of the images that it may be about
 * @param isSidecar whether a file belongs to one image
 */
export async function findImageList(
  root: string,
  skipped: readonly SkippedFile[],
  images: readonly string[],
  isSidecar: (name: string) => boolean,
): Promise<ImageList | undefined> {
  const files = skipped.filter(({ name, reason }) => reason === 'not-an-image' && !PROSE.test(name));
  const sheet = files.find(({ name }) => SPREADSHEET.test(name));
  const lists = files.filter(({ name }) => (STRUCTURED.test(name) || LINES.test(name)) && !isSidecar(name));
  const names = new Set(images.map((name) => lastName(name).normalize('NFC').toLowerCase()));
  for (const { name } of lists.slice(0, MOST_FILES)) {
    const what = await listOf(
      `${root}/${name}`,
      LINES.test(name) ? new LabelLines(names) : new Mentions(names),
    );
    if (what) return { name, what };
  }
  return sheet && { name: sheet.name, what: 'spreadsheet' };
}

interface Reader {
  /** Looks at a piece of the file; what it found so far. */
  read(text: string): ImageList['what'] | undefined;
}

/** Read in pieces: such files are long, and what tells may stand anywhere. */
async function listOf(path: string, reader: Reader): Promise<ImageList['what'] | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const decoder = new TextDecoder();
    let kept = '';
    for (let at = 0; at < MOST_BYTES; at += CHUNK) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      // Of UTF-16 this leaves what is ASCII.
      const piece = decoder.decode(buffer.subarray(0, bytesRead), { stream: true }).replaceAll('\0', '');
      const text = kept + piece;
      const what = reader.read(text);
      if (what || bytesRead < CHUNK) return what;
      kept = text.slice(-OVERLAP);
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** JSON, XML, YAML: it names an image, and has a word for what is good, bad or drawn. */
class Mentions implements Reader {
  readonly #names: ReadonlySet<string>;
  readonly #missing = new Set(COCO);
  #named = false;
  #telling = false;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  read(text: string): ImageList['what'] | undefined {
    for (const key of this.#missing) if (text.includes(key)) this.#missing.delete(key);
    if (this.#missing.size === 0) return 'coco';
    for (const separator of SEPARATORS) {
      for (const token of text.toLowerCase().split(separator)) {
        this.#named ||= isNamed(token, this.#names);
        this.#telling ||= TELLING.has(token);
      }
    }
    return this.#named && this.#telling ? 'list' : undefined;
  }
}

/** Lines of a text that name an image and say one thing of it, two of them at least: `img/0.png good`, `6.png 1`. */
class LabelLines implements Reader {
  readonly #names: ReadonlySet<string>;
  readonly #found = new Set<string>();

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  read(text: string): ImageList['what'] | undefined {
    for (const line of text.split(/[\r\n]+/)) {
      if (line.length > OVERLAP) continue;
      const words = line.trim().split(/[\s,;|]+/);
      const at = words.findIndex((word) => isNamed(lastName(word.toLowerCase()), this.#names));
      const rest = words.filter((_, i) => i !== at);
      if (at < 0 || rest.length === 0 || CHECKSUM.test(rest.join(' '))) continue;
      if (rest.length > 1 && !rest.some((word) => TELLING.has(word.toLowerCase()))) continue;
      this.#found.add(words[at] as string);
      if (this.#found.size > 1) return 'list';
    }
    return undefined;
  }
}

/** Some tools put a number of their own before a name: `1a2b3c4d-6.png`. */
function isNamed(token: string, names: ReadonlySet<string>): boolean {
  if (names.has(token)) return true;
  const dash = token.indexOf('-');
  return dash > 0 && names.has(token.slice(dash + 1));
}

const lastName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
