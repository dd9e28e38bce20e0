// The part of zod that the schemas of bundles use, in a thirtieth of its size: the build of the worker puts this module
// in zod's place, and in that of `closed-object.ts`, so that the schemas stay the ones that every other part of the project reads bundles with. What they
// accept, and what comes out, is compared with zod's in the test beside this file.

export interface Issue {
  path: (string | number)[];
  message: string;
}

type Result = { success: true; data: unknown } | { success: false; error: { issues: Issue[] } };

/** Checks a value at a place; returns what it becomes, and adds what is wrong to the issues. */
type Check = (value: unknown, path: (string | number)[], issues: Issue[]) => unknown;

/** A schema: as much of zod's as is used. */
export class Schema {
  readonly check: Check;
  readonly isOptional: boolean;

  constructor(check: Check, isOptional = false) {
    this.check = check;
    this.isOptional = isOptional;
  }

  safeParse(value: unknown): Result {
    const issues: Issue[] = [];
    const data = this.check(value, [], issues);
    return issues.length === 0 ? { success: true, data } : { success: false, error: { issues } };
  }

  optional(): Schema {
    return new Schema((value, path, issues) => {
      return value === undefined ? undefined : this.check(value, path, issues);
    }, true);
  }

  nullable(): Schema {
    return new Schema((value, path, issues) => {
      return value === null ? null : this.check(value, path, issues);
    }, this.isOptional);
  }

  default(otherwise: unknown): Schema {
    return new Schema((value, path, issues) => {
      return value === undefined ? structuredClone(otherwise) : this.check(value, path, issues);
    }, true);
  }

  describe(_text: string): this {
    return this;
  }

  refine(holds: (value: never) => boolean, wrong: string | { message: string; path?: string[] }): Schema {
    const { message, path: below = [] } = typeof wrong === 'string' ? { message: wrong } : wrong;
    return this.#also((value) => (holds(value as never) ? undefined : message), below);
  }

  // The checks of strings, numbers and arrays, on one class, since the schemas name only those that fit.
  regex(pattern: RegExp, message = `expected text that matches ${pattern}`): Schema {
    return this.#also((text) => (pattern.test(text as string) ? undefined : message));
  }

  min(least: number): Schema {
    return this.#also((value) => (sizeOf(value) >= least ? undefined : `expected at least ${least}`));
  }

  max(most: number, _options?: { abort: boolean }): Schema {
    return this.#also((value) => (sizeOf(value) <= most ? undefined : `expected at most ${most}`));
  }

  gt(bound: number): Schema {
    return this.#also((value) => ((value as number) > bound ? undefined : `expected more than ${bound}`));
  }

  lt(bound: number): Schema {
    return this.#also((value) => ((value as number) < bound ? undefined : `expected less than ${bound}`));
  }

  positive(): Schema {
    return this.gt(0);
  }

  nonnegative(): Schema {
    return this.min(0);
  }

  int(): Schema {
    return this.#also((value) => (Number.isSafeInteger(value) ? undefined : 'expected a whole number'));
  }

  multipleOf(step: number, message = `expected a multiple of ${step}`): Schema {
    return this.#also((value) => ((value as number) % step === 0 ? undefined : message));
  }

  /** Goes on with what passed so far. */
  #also(problem: (value: unknown) => string | undefined, below: string[] = []): Schema {
    return new Schema((value, path, issues) => {
      const before = issues.length;
      const data = this.check(value, path, issues);
      if (issues.length > before) return data;
      const message = problem(data);
      if (message !== undefined) issues.push({ path: [...path, ...below], message });
      return data;
    }, this.isOptional);
  }
}

export const string = (): Schema => ofType('string');
export const boolean = (): Schema => ofType('boolean');

export const number = (): Schema =>
  new Schema((value, path, issues) => {
    if (!Number.isFinite(value)) issues.push({ path, message: `expected a number, got ${kindOf(value)}` });
    return value;
  });

export const literal = (expected: unknown): Schema => oneOf([expected]);
const oneOf = (values: readonly unknown[]): Schema =>
  new Schema((value, path, issues) => {
    if (!values.includes(value)) issues.push({ path, message: `expected ${values.join(' or ')}` });
    return value;
  });

export { oneOf as enum };

/** A list, whose length is looked at before its elements, as zod does it. */
class ArraySchema extends Schema {
  constructor(element: Schema, least = 0, most: number = Number.POSITIVE_INFINITY) {
    super((value, path, issues) => {
      if (!Array.isArray(value)) issues.push({ path, message: `expected a list, got ${kindOf(value)}` });
      else if (value.length < least) issues.push({ path, message: `expected at least ${least}` });
      else if (value.length > most) issues.push({ path, message: `expected at most ${most}` });
      else return value.map((each, i) => element.check(each, [...path, i], issues));
      return value;
    });
    this.min = (bound) => new ArraySchema(element, bound, most);
    this.max = (bound) => new ArraySchema(element, least, bound);
  }
}

export const array = (element: Schema): Schema => new ArraySchema(element);

export const tuple = (elements: readonly Schema[]): Schema =>
  new Schema((value, path, issues) => {
    if (Array.isArray(value) && value.length === elements.length) {
      return elements.map((element, i) => element.check(value[i], [...path, i], issues));
    }
    issues.push({ path, message: `expected a list of ${elements.length}` });
    return value;
  });

export const boundedRecord = (key: Schema, element: Schema, most: number): Schema =>
  new Schema((value, path, issues) => {
    if (!isObject(value, path, issues) || !hasAtMost(most, value, path, issues)) return value;
    const entries = Object.entries(value).map(([name, each]) => {
      key.check(name, [...path, name], issues);
      return [name, element.check(each, [...path, name], issues)];
    });
    return Object.fromEntries(entries);
  });

export const closedObject = (shape: Readonly<Record<string, Schema>>): Schema =>
  new Schema((value, path, issues) => {
    if (!isObject(value, path, issues)) return value;
    if (!hasAtMost(Object.keys(shape).length + MAX_UNKNOWN_FIELDS, value, path, issues)) return value;
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) issues.push({ path, message: `unknown field "${name}"` });
    }
    const entries = Object.entries(shape).flatMap(([name, field]) => {
      if (!Object.hasOwn(value, name) && !field.isOptional) {
        issues.push({ path: [...path, name], message: 'is missing' });
        return [];
      }
      const data = field.check(value[name], [...path, name], issues);
      return data === undefined && !Object.hasOwn(value, name) ? [] : [[name, data]];
    });
    return Object.fromEntries(entries);
  });

const TIME: RegExp =
  /^\d{4}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?Z$/;

export const iso = {
  datetime: (): Schema =>
    string().refine((text: string) => {
      const [, day] = TIME.exec(text) ?? [];
      // A day that its month does not have becomes one of the next month.
      return day !== undefined && new Date(text).getUTCDate() === Number(day);
    }, 'expected a date and time of UTC'),
};

// zod's own way of being imported.
export * as z from './small-zod.js';

function ofType(type: 'string' | 'boolean'): Schema {
  return new Schema((value, path, issues) => {
    if (typeof value !== type) issues.push({ path, message: `expected ${type}, got ${kindOf(value)}` });
    return value;
  });
}

function isObject(
  value: unknown,
  path: (string | number)[],
  issues: Issue[],
): value is Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true;
  issues.push({ path, message: `expected an object, got ${kindOf(value)}` });
  return false;
}

/** As `@cflow/spec` has it. */
const MAX_UNKNOWN_FIELDS = 8;

function hasAtMost(most: number, value: object, path: (string | number)[], issues: Issue[]): boolean {
  let count = 0;
  for (const _ in value) {
    if (++count <= most) continue;
    issues.push({ path, message: `expected at most ${most} fields` });
    return false;
  }
  return true;
}

function sizeOf(value: unknown): number {
  return typeof value === 'number' ? value : (value as string | unknown[]).length;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}
