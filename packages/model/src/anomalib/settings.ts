// What Python pickled, read as settings: dicts, lists, texts and numbers, whatever class they were of.
import { PickleObject, type PickleValue } from '../weights/torch-file/pickle-value.js';

/** The entries of a dict with texts as keys, or of an object that is one; none where the value is neither. */
export function settingsOf(value: PickleValue | undefined): Map<string, PickleValue> {
  const entries = value instanceof PickleObject ? value.entries : value;
  if (!(entries instanceof Map)) return new Map();
  return new Map([...entries].flatMap(([key, each]) => (typeof key === 'string' ? [[key, each]] : [])));
}

/** The attributes of an object, whose state is a dict, or a pair of which the first is one. */
export function attributesOf(value: PickleValue | undefined): Map<string, PickleValue> {
  const state = value instanceof PickleObject ? value.state : null;
  return settingsOf(Array.isArray(state) ? state[0] : state);
}

/** The elements of a list, a tuple, or an object that is made of one. */
export function listOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (!(value instanceof PickleObject)) return undefined;
  if (value.items.length > 0) return value.items;
  const [first] = value.arguments;
  return Array.isArray(first) ? first : undefined;
}

/** The numbers of a list of numbers. */
export function numbersOf(value: PickleValue | undefined): readonly number[] | undefined {
  const list = listOf(value);
  return list?.every((each) => typeof each === 'number') ? (list as readonly number[]) : undefined;
}

/** The texts of a list of texts. */
export function textsOf(value: PickleValue | undefined): readonly string[] | undefined {
  const list = listOf(value);
  return list?.every((each) => typeof each === 'string') ? (list as readonly string[]) : undefined;
}
