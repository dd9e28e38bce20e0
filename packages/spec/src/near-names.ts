// Beyond these the search would cost more than the hint is worth; a file from a stranger may hold anything.
const MAX_NAMES = 5000;
const MAX_LENGTH = 200;

/** The up to `count` names nearest to `name`: within a third of its length in edits, or same from the start or end. */
export function nearNames(name: string, names: readonly string[], count = 3): string[] {
  if (name.length > MAX_LENGTH) return [];
  return names
    .slice(0, MAX_NAMES)
    .filter((other) => other.length <= MAX_LENGTH)
    .map((other) => ({
      other,
      distance: editDistance(name, other),
      affix: other.endsWith(`.${name}`) || other.startsWith(`${name}.`),
    }))
    .filter(({ distance, affix }) => affix || distance <= name.length / 3)
    .sort((a, b) => Number(b.affix) - Number(a.affix) || a.distance - b.distance)
    .slice(0, count)
    .map(({ other }) => other);
}

/** Levenshtein distance: the least number of insertions, deletions and substitutions of one character. */
export function editDistance(a: string, b: string): number {
  let previous = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  let current = new Uint32Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    current[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1);
    }
    [previous, current] = [current, previous];
  }
  return previous[b.length]!;
}
