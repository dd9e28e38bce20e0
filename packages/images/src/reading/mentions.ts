import { stemOf } from '../files/file-tree.js';
import { flagOf } from '../tables/columns.js';
import { answerOf } from '../tables/row-label.js';
import type { ImageNames } from './image-names.js';
import { isNumber, type LabelRole, LabelRoles } from './label-roles.js';
import { SaidValues } from './said-values.js';
import { Tokens } from './tokens.js';

/** Characters between the name of an image and what is said of it. */
const NEAR = 4096;
/** What a list of annotations in COCO's form has, whichever tool wrote it; of a file of labels for one image there is no list of images. */
const COCO = ['images', 'annotations'];
/** What tools that draw call what they draw, with something in it. */
const DRAWN = /^(shapes|regions|annotations|polygons?|polylines?|bbox|bboxes|choices|\w+labels)$/;
/** The same, but for much else, too: only near a name. */
const PERHAPS_DRAWN = /^(objects?|points|box|boxes|labels?)$/;
const LABEL = /^(labels?|choices?)$/;
/** What may be a label, or the kind of a camera: labels are few and come again. */
const PERHAPS_LABEL = /^(class|category|tag|condition|classification|verdict|quality|status|result|type)$/;
const LONGEST_LABEL = 64;
const MOST_KEYS = 1000;

/** What the file says under one key, of whichever image. */
interface Said {
  values: SaidValues;
  good: boolean;
  other: boolean;
}

/** JSON, XML, YAML that names an image and says of it what may be a label, or draws on it. */
export class Mentions {
  readonly #names: ImageNames;
  readonly #tokens = new Tokens();
  readonly #missing = new Set(COCO);
  readonly #said = new Map<string, Said>();
  readonly #roles = new LabelRoles();
  #nameAt = Number.NEGATIVE_INFINITY;
  #waitsAt = Number.NEGATIVE_INFINITY;
  /** Something is drawn, or a value tells, wherever in the file. */
  #anywhere = false;
  #near = false;
  /** The text before, the key whose value comes next, the element whose text comes next. */
  #before = '';
  #key: string | undefined;
  #opened: string | undefined;
  #tag: string | undefined;
  #isTag = false;

  /** @param file name of the file, which may be called bad and name the images that are */
  constructor(names: ImageNames, file: string) {
    this.#names = names;
    this.#anywhere = this.#roles.of(stemOf(file)) === 'bad';
  }

  /** Looks at a piece of the file. @returns whether enough is known */
  read(piece: string): boolean {
    for (const { text, isSign, at } of this.#tokens.of(piece)) {
      if (isSign) this.#readSign(text, at);
      else this.#readText(text, at);
    }
    // Where one of COCO's keys is there, the other one may come.
    return this.#missing.size === 0 || (this.#tells && this.#missing.size === COCO.length);
  }

  /** What the file is, when all of it has been looked at. */
  end(): 'coco' | 'list' | undefined {
    this.read('');
    if (this.#missing.size === 0) return 'coco';
    return this.#tells ? 'list' : undefined;
  }

  get #tells(): boolean {
    return this.#near || (this.#anywhere && this.#nameAt >= 0);
  }

  #readSign(sign: string, at: number): void {
    if (this.#opened !== undefined) {
      if (sign !== ']' && sign !== '}') this.#open(this.#opened, at);
      this.#opened = undefined;
    }
    if (sign === ':' || sign === '=') {
      // Of `<image id="1"` the attribute is the last word.
      this.#key = sign === '=' ? this.#before.slice(this.#before.lastIndexOf(' ') + 1) : this.#before;
      this.#missing.delete(this.#key);
    } else if (sign === '[' || sign === '{') {
      this.#opened = this.#key;
      this.#key = undefined;
    } else if (sign === '>') {
      this.#key = this.#tag;
      this.#tag = undefined;
    } else this.#key = undefined;
    this.#isTag = sign === '<';
  }

  #readText(written: string, at: number): void {
    const isItem = written.startsWith('- ');
    const text = isItem ? written.slice(2).trim() : written;
    if (this.#isTag) {
      this.#tag = /^[^\s/?!]+/.exec(text)?.[0];
      if (this.#tag !== undefined) this.#open(this.#tag, at, true);
      this.#isTag = false;
    }
    if (this.#opened !== undefined) this.#open(this.#opened, at);
    this.#opened = undefined;
    if (this.#names.has(text)) {
      this.#nameAt = at;
      this.#near ||= at - this.#waitsAt <= NEAR;
    }
    if (this.#key !== undefined && isItem) this.#open(this.#key, at);
    else if (this.#key !== undefined) this.#say(this.#key, text, at);
    this.#key = undefined;
    this.#before = text;
  }

  /** A list or an object that is not empty, or an element, which may be. */
  #open(key: string, at: number, isTag = false): void {
    const lower = key.toLowerCase();
    this.#anywhere ||= DRAWN.test(lower) && !(isTag && lower.endsWith('s'));
    const mayDraw = PERHAPS_DRAWN.test(lower) && !(isTag && LABEL.test(lower));
    if (mayDraw || (!isTag && this.#roleOf(key) !== undefined)) this.#tell(at);
  }

  #say(key: string, value: string, at: number): void {
    const answer = answerOf(value);
    if (value.length > LONGEST_LABEL || answer === 'nothing') return;
    const isName = this.#names.has(key);
    const lower = isName ? '' : key.toLowerCase();
    const role = this.#roleOf(value);
    const ofKey = isName ? undefined : this.#roleOf(key);
    if (role === 'bad' || LABEL.test(lower) || (isName && role === 'good')) this.#tell(at);
    if (PERHAPS_LABEL.test(lower) && role === 'good') this.#tell(at);
    if (ofKey === 'mask' && answer === undefined && !isNumber(value)) this.#tell(at);
    // A one may be a count, and what is not clean a lens.
    if (/^(true|yes)$/i.test(value) && ofKey === 'bad') this.#tell(at);
    if (/^(false|no)$/i.test(value) && flagOf(key) === 'good') this.#tell(at);
    const said = this.#saidOf(lower);
    if (!said) return;
    said.good ||= role === 'good';
    said.other ||= role !== 'good';
    const isFlag = (ofKey === 'good' || ofKey === 'bad') && answer !== undefined;
    if (isName || isFlag || PERHAPS_LABEL.test(lower)) said.values.add(value);
    this.#anywhere ||= said.values.areLabels || (said.good && said.other);
  }

  #tell(at: number): void {
    if (at - this.#nameAt <= NEAR) this.#near = true;
    this.#waitsAt = at;
  }

  #saidOf(key: string): Said | undefined {
    const known = this.#said.get(key);
    if (known || this.#said.size >= MOST_KEYS) return known;
    const said = { values: new SaidValues(), good: false, other: false };
    this.#said.set(key, said);
    return said;
  }

  #roleOf(text: string): LabelRole | undefined {
    return this.#names.has(text) ? undefined : this.#roles.of(text);
  }
}
