// Whether a program printed what a page says that it prints.

/** Decimals may differ by this share: rounding differs from one processor to the next. */
const TOLERANCE = 0.02;
/** Percentages, which are false-alarm probabilities, by this one: they fall exponentially with the score. */
const PERCENT_TOLERANCE = 0.2;
/** What takes time takes another time elsewhere. */
const TIME_FOLLOWS = /^ ?(?:s|ms|per second)\b/;

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/;
const GAP = /…|\.\.\.|[ \t]+|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/**
 * Undefined where the text is the output that a page shows, else why not. In the page `…` (or `...`) stands for
 * anything within a line, and in a line of its own for any number of lines. Whole numbers have to be equal, decimals
 * nearly so, durations need only be there; the width of gaps does not count.
 */
export function differenceOfOutput(shown: string, printed: string): string | undefined {
  const lines = shown.trimEnd().split('\n');
  const found = printed.trimEnd().split('\n');
  return matchLines(lines, found)
    ? undefined
    : `the page shows\n${lines.join('\n')}\nand it printed\n${found.join('\n')}`;
}

function matchLines(shown: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return printed.length === 0;
  if (/^\s*(…|\.\.\.)\s*$/.test(first)) {
    for (let skip = 0; skip <= printed.length; skip++) {
      if (matchLines(rest, printed.slice(skip))) return true;
    }
    return false;
  }
  const [line, ...more] = printed;
  return line !== undefined && matchLine(first.trim(), line.trim()) && matchLines(rest, more);
}

function matchLine(shown: string, printed: string): boolean {
  const numbers: { value: string; time: boolean; tolerance: number }[] = [];
  let pattern = '';
  let end = 0;
  for (const { 0: gap, index } of shown.matchAll(GAP)) {
    pattern += literally(shown.slice(end, index));
    end = index + gap.length;
    if (gap === '…' || gap === '...') pattern += '.*?';
    else if (/^\s/.test(gap)) pattern += '\\s+';
    else {
      const tolerance = /^ ?%/.test(shown.slice(end)) ? PERCENT_TOLERANCE : TOLERANCE;
      numbers.push({ value: gap, time: TIME_FOLLOWS.test(shown.slice(end)), tolerance });
      pattern += `(${NUMBER.source})`;
    }
  }
  const found = new RegExp(`^${pattern}${literally(shown.slice(end))}$`).exec(printed);
  return (
    found !== null &&
    numbers.every((each, i) => each.time || nearly(each.value, found[i + 1] as string, each.tolerance))
  );
}

function nearly(shown: string, printed: string, tolerance: number): boolean {
  if (/^-?\d+$/.test(shown)) return shown === printed;
  const [a, b] = [Number(shown), Number(printed)];
  const lastPlace = 10 ** -(shown.split(/[.e]/)[1]?.length ?? 0);
  return Math.abs(a - b) <= Math.max(lastPlace, tolerance * Math.max(Math.abs(a), Math.abs(b)));
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
