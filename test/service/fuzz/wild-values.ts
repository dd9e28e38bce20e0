import type { Random } from './random.js';

const WILD_TEXT = [
  '',
  ' ',
  '..',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '%',
  '%ff%fe',
  '\u0000',
  '__proto__',
  'constructor',
  "'; drop table jobs; --",
  '<script>alert(1)</script>',
  '{{7*7}}',
  'NaN',
  'Infinity',
  '-1',
  '1e309',
  '0x10',
  'true',
  'null',
  'ünï©ödé',
  '😀'.repeat(20),
  'a'.repeat(300),
  'wood@',
  '@production',
  'wood@wood@wood',
  'f'.repeat(64),
] as const;

/** Text that somebody may send where a name, a number or a flag is expected. */
export const wildText = (random: Random): string => random.pick(WILD_TEXT);

/** JSON of any shape, also such as no schema expects. */
export function wildJson(random: Random, depth = 0): unknown {
  const choice = random.integer(depth > 3 ? 6 : 8);
  switch (choice) {
    case 0:
      return wildText(random);
    case 1:
      return random.pick([0, -1, 1.5, 1e308, -1e308, 2 ** 53, 4294967296]);
    case 2:
      return random.pick([true, false]);
    case 3:
      return null;
    case 4:
      return [];
    case 5:
      return {};
    case 6:
      return Array.from({ length: random.integer(4) }, () => wildJson(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.integer(4) }, () => [wildText(random), wildJson(random, depth + 1)]),
      );
  }
}

/** A value with one part of it replaced by something else, as a client with a mistake would send. */
export function withMistake(random: Random, value: unknown): unknown {
  if (random.next() < 0.25 || value === null || typeof value !== 'object') return wildJson(random);
  const entries = Object.entries(value);
  if (entries.length === 0) return wildJson(random);
  const [key, part] = random.pick(entries);
  const wrong = withMistake(random, part);
  if (Array.isArray(value)) return value.map((each, i) => (String(i) === key ? wrong : each));
  const { [key]: _, ...rest } = value as Record<string, unknown>;
  return random.next() < 0.3 ? rest : { ...rest, [key]: wrong };
}
