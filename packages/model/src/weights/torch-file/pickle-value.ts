/**
 * What a pickle holds, as data: nothing in it was imported, made or called. A `Map` is a dict, an array a list or a tuple.
 * An integer beyond what a double holds exactly is a bigint.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleObject
  | PickleStorage;

/** A name of something in Python, which stays a name. */
export class PickleGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What would be made by calling `type` with `arguments` and giving it `state`; nothing was called. */
export class PickleObject {
  readonly type: PickleGlobal;
  readonly arguments: readonly PickleValue[];
  state: PickleValue = null;
  /** Where the type is a dict. */
  readonly entries: Map<PickleValue, PickleValue> = new Map();
  /** Where the type is a list or a set. */
  readonly items: PickleValue[] = [];

  constructor(type: PickleGlobal, args: readonly PickleValue[]) {
    this.type = type;
    this.arguments = args;
  }
}

/** Numbers that lie beside the pickle, as torch's persistent ids name them. */
export class PickleStorage {
  /** `FloatStorage`, … */
  readonly type: string;
  readonly key: string;
  /** Elements. */
  readonly length: number;

  constructor(type: string, key: string, length: number) {
    this.type = type;
    this.key = key;
    this.length = length;
  }
}
