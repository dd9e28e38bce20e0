/** At most so many of a list, evenly spaced. */
export function spaced<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.trunc((i * list.length) / most)] as T);
}
