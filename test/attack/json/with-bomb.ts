/** Places in a JSON value: of every field, every first element, and a new field beside those of every record. */
export function placesIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  const own = [[...path]];
  if (Array.isArray(value)) {
    return [...own, ...value.slice(0, 2).flatMap((each, i) => placesIn(each, [...path, i]))];
  }
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    [...path, 'another'],
    ...Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, key])),
  ];
}

const MARK = '@bomb@';

/** The JSON text of a value with a bomb in one place of it, in pieces. */
export function withBomb(value: unknown, place: readonly (string | number)[], bomb: string): string[] {
  const [head = '', tail = ''] = JSON.stringify(marked(value, place)).split(JSON.stringify(MARK));
  return [head, bomb, tail];
}

function marked(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (key === undefined) return MARK;
  if (Array.isArray(value)) return value.map((each, i) => (i === key ? marked(each, rest) : each));
  return { ...(value as object), [key]: marked((value as Record<string, unknown>)[key], rest) };
}
