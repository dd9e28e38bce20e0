// Pickle is a program for a stack machine that may import and call anything. This machine has no import and no call: names
// stay names, calls become records of what would have been called, and only names that weights need are let in at all.
import { WeightsError } from '@cflow/spec';
import { OPCODE } from './pickle-opcodes.js';
import { damaged, PickleReader } from './pickle-reader.js';
import { PickleGlobal, PickleObject, type PickleValue } from './pickle-value.js';

export interface ReadPickleOptions {
  /** Whether a global may be named; the first that may not ends the reading with an error. */
  allows(global: PickleGlobal): boolean;
  /** What a persistent id means. */
  persistent(id: PickleValue): PickleValue;
}

/** A file of weights with a million tensors has fewer. */
const MOST_OPERATIONS = 20_000_000;
/** Of one integer; those of a state dict have 8 at most. */
const MOST_INTEGER_BYTES = 64;
const MARK = Symbol('mark');

type StackItem = PickleValue | typeof MARK;

/**
 * Reads one pickle as data.
 * @returns its value, and the offset behind it
 * @throws WeightsError that names what is not allowed, or when it is damaged
 */
export function readPickle(
  bytes: Uint8Array,
  offset: number,
  options: ReadPickleOptions,
): { value: PickleValue; end: number } {
  const machine = new PickleMachine(new PickleReader(bytes, offset), options);
  return { value: machine.run(), end: machine.end };
}

class PickleMachine {
  readonly #reader: PickleReader;
  readonly #options: ReadPickleOptions;
  readonly #stack: StackItem[] = [];
  readonly #memo: Map<number, PickleValue> = new Map();

  constructor(reader: PickleReader, options: ReadPickleOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  get end(): number {
    return this.#reader.offset;
  }

  run(): PickleValue {
    for (let count = 0; count < MOST_OPERATIONS; count++) {
      const opcode = this.#reader.uint8();
      if (opcode === OPCODE.stop) return this.#pop();
      this.#step(opcode);
    }
    throw new WeightsError(
      `the pickle in the file takes more than ${MOST_OPERATIONS} steps, more than weights need`,
    );
  }

  #step(opcode: number): void {
    const value = this.#valueOf(opcode);
    if (value === undefined) this.#act(opcode);
    else this.#push(value);
  }

  /** The value that an opcode puts on the stack; undefined for an opcode that does something else. */
  #valueOf(opcode: number): PickleValue | undefined {
    const reader = this.#reader;
    switch (opcode) {
      case OPCODE.none:
        return null;
      case OPCODE.true:
        return true;
      case OPCODE.false:
        return false;
      case OPCODE.int32:
        return reader.int32();
      case OPCODE.uint8:
        return reader.uint8();
      case OPCODE.uint16:
        return reader.uint16();
      case OPCODE.long1:
        return this.#integer(reader.uint8());
      case OPCODE.long4:
        return this.#integer(reader.uint32());
      case OPCODE.binaryFloat:
        return reader.float64();
      case OPCODE.shortUnicode:
      case OPCODE.shortString:
        return reader.text(reader.uint8());
      case OPCODE.unicode:
      case OPCODE.string:
        return reader.text(reader.uint32());
      case OPCODE.unicode8:
        return reader.text(reader.uint64());
      case OPCODE.shortBytes:
        return reader.take(reader.uint8());
      case OPCODE.bytes:
        return reader.take(reader.uint32());
      case OPCODE.emptyList:
      case OPCODE.emptyTuple:
        return [];
      case OPCODE.emptyDict:
        return new Map();
      case OPCODE.emptySet:
        return new Set();
      case OPCODE.list:
      case OPCODE.tuple:
        return this.#untilMark();
      case OPCODE.tuple1:
        return this.#last(1);
      case OPCODE.tuple2:
        return this.#last(2);
      case OPCODE.tuple3:
        return this.#last(3);
      case OPCODE.frozenSet:
        return new Set(this.#untilMark());
      case OPCODE.dict:
        return withItems(new Map(), this.#untilMark());
      case OPCODE.get:
        return this.#recall(reader.uint8());
      case OPCODE.longGet:
        return this.#recall(reader.uint32());
      case OPCODE.global:
        return this.#global(reader.line(), reader.line());
      case OPCODE.stackGlobal: {
        const name = this.#pop();
        return this.#global(this.#pop(), name);
      }
      case OPCODE.persistentId:
        return this.#options.persistent(this.#pop());
      case OPCODE.reduce:
      case OPCODE.newObject:
        return this.#object();
      default:
        return undefined;
    }
  }

  #act(opcode: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case OPCODE.protocol:
        reader.uint8();
        break;
      case OPCODE.frame:
        reader.uint64();
        break;
      case OPCODE.mark:
        this.#stack.push(MARK);
        break;
      case OPCODE.pop:
        this.#stack.pop();
        break;
      case OPCODE.popMark:
        this.#untilMark();
        break;
      case OPCODE.append:
        this.#addItems([this.#pop()]);
        break;
      case OPCODE.appends:
      case OPCODE.addItems:
        this.#addItems(this.#untilMark());
        break;
      case OPCODE.setItem:
        this.#setItems(this.#last(2));
        break;
      case OPCODE.setItems:
        this.#setItems(this.#untilMark());
        break;
      case OPCODE.put:
        this.#remember(reader.uint8());
        break;
      case OPCODE.longPut:
        this.#remember(reader.uint32());
        break;
      case OPCODE.memoize:
        this.#remember(this.#memo.size);
        break;
      case OPCODE.build:
        this.#build();
        break;
      default:
        throw new WeightsError(
          `the pickle in the file has opcode 0x${opcode.toString(16).padStart(2, '0')}, which weights do not need; it is not run`,
          { details: { opcode } },
        );
    }
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw damaged('it takes a value that is not there');
    return value;
  }

  #last(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #untilMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw damaged('it ends a group that was not begun');
    const items = this.#stack.splice(mark + 1) as PickleValue[];
    this.#stack.pop();
    return items;
  }

  #integer(length: number): number | bigint {
    if (length > MOST_INTEGER_BYTES) throw damaged(`an integer has ${length} bytes`);
    return this.#reader.long(length);
  }

  #remember(place: number): void {
    this.#memo.set(place, this.#top());
  }

  #recall(place: number): PickleValue {
    const value = this.#memo.get(place);
    if (value === undefined) throw damaged(`it recalls place ${place}, where nothing is`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw damaged('it needs a value that is not there');
    return value;
  }

  #addItems(items: readonly PickleValue[]): void {
    const target = this.#top();
    if (target instanceof Set) for (const item of items) target.add(item);
    else if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof PickleObject) for (const item of items) target.items.push(item);
    else throw damaged('it adds items to something that is not a list');
  }

  #setItems(items: readonly PickleValue[]): void {
    const target = this.#top();
    const map = target instanceof PickleObject ? target.entries : target;
    if (!(map instanceof Map)) throw damaged('it sets items of something that is not a dict');
    withItems(map, items);
  }

  #global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged('a name is not a text');
    const global = new PickleGlobal(module, name);
    if (!this.#options.allows(global)) {
      throw new WeightsError(
        `the file asks for "${global.path.slice(0, 200)}", which weights do not need and which could run code: nothing of ` +
          'it was run. Get the weights from somebody you trust, or as safetensors',
        { details: { global: global.path.slice(0, 200) } },
      );
    }
    return global;
  }

  #object(): PickleObject {
    const [type, args] = this.#last(2);
    if (!(type instanceof PickleGlobal) || !Array.isArray(args)) {
      throw damaged('it calls something that is not a name');
    }
    return new PickleObject(type, args);
  }

  #build(): void {
    const state = this.#pop();
    const target = this.#top();
    if (target instanceof PickleObject) target.state = state;
    else throw damaged('it gives a state to something that is not an object');
  }
}

/** Keys and values in turn. */
function withItems(
  map: Map<PickleValue, PickleValue>,
  items: readonly PickleValue[],
): Map<PickleValue, PickleValue> {
  if (items.length % 2 !== 0) throw damaged('a key has no value');
  for (let i = 0; i < items.length; i += 2) map.set(items[i] as PickleValue, items[i + 1] as PickleValue);
  return map;
}
