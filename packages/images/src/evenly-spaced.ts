/** So many of a list at most, evenly spaced from the first on: of a list in some order, some of everything. */
export function evenlySpaced<T>(list: readonly T[], most: number): T[] {
  const n = Math.min(most, list.length);
  return Array.from({ length: n }, (_, i) => list[Math.floor((i * list.length) / n)] as T);
}
