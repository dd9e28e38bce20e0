import type { DataSetItem } from '@cflow/spec';
import { compareNames } from '../files/file-tree.js';

/**
 * Gives a data set without a split of its own one. When it has bad images, `testFraction` of the good ones, at
 * least one and never all, go to the test with them; without bad images all stay for training.
 *
 * Which ones is decided by a hash of seed and name: at random, but the same on every machine, and hardly changed
 * when images are added later.
 */
export function holdOutGood(items: DataSetItem[], testFraction: number, seed: number): DataSetItem[] {
  if (!items.some(({ label }) => label === 'bad')) return items;
  const good = items.filter(({ label }) => label === 'good');
  if (good.length < 2 || testFraction <= 0) return items;
  const count = Math.min(good.length - 1, Math.max(1, Math.round(good.length * testFraction)));
  const held = new Set(
    good
      .map(({ name }) => ({ name, rank: hash(`${seed}:${name}`) }))
      .sort((a, b) => a.rank - b.rank || compareNames(a.name, b.name))
      .slice(0, count)
      .map(({ name }) => name),
  );
  return items.map((item) =>
    item.label === 'good' && held.has(item.name) ? { ...item, split: 'test' as const } : item,
  );
}

/** FNV-1a over UTF-16 code units, then the finaliser of MurmurHash3, which mixes all bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
