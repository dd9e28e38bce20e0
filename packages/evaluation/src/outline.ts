type Corner = [x: number, y: number];

/** Steps along the sides of pixels: right, down, left, up. */
const STEPS: readonly Corner[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/**
 * The outer border of a component of 8 neighbors, clockwise along the sides of its pixels: the corners where it turns. Time is
 * linear in its length.
 *
 * @param inside Whether pixel (x, y) belongs to the component; false outside the map
 * @param start The component's first pixel in reading order
 */
export function outlineOf(inside: (x: number, y: number) => boolean, start: Corner): Corner[] {
  // Nothing lies above and left of the first pixel, so its corner is a turn, and is passed once.
  const corners: Corner[] = [start];
  let heading = 0;
  let [x, y] = [start[0] + 1, start[1]];
  while (x !== start[0] || y !== start[1]) {
    // Pixels that touch by a corner are one component, so the way goes around the one at the left.
    const turn = ahead(inside, x, y, heading + 3) ? 3 : ahead(inside, x, y, heading) ? 0 : 1;
    if (turn !== 0) corners.push([x, y]);
    heading = (heading + turn) % 4;
    const [dx, dy] = STEPS[heading] as Corner;
    x += dx;
    y += dy;
  }
  return corners;
}

/** One of the four pixels around corner (x, y), clockwise from the lower right: that at the right hand of who comes along `which`. */
function ahead(inside: (x: number, y: number) => boolean, x: number, y: number, which: number): boolean {
  const around = which % 4;
  return inside(around === 1 || around === 2 ? x - 1 : x, around >= 2 ? y - 1 : y);
}

/** What a border of any length is thinned to before its corners are compared with each other. */
const MOST_COMPARED = 2048;

/**
 * A closed line with at most `most` corners, each of them one of the line's: those that lie nearer than `tolerance` to what is
 * left are left out (Douglas and Peucker, 1973), and more of them until they are few enough. Its box stays the same.
 *
 * @param most 4 or more
 */
export function simplifyOutline(outline: readonly Corner[], tolerance: number, most: number): Corner[] {
  const extremes = extremesOf(outline);
  const stride = Math.ceil(outline.length / MOST_COMPARED);
  const compared = outline.map((_, i) => i).filter((i) => i % stride === 0 || extremes.has(i));
  const corners = compared.map((i) => outline[i] as Corner);
  const fixed = compared.flatMap((i, place) => (extremes.has(i) ? [place] : []));
  for (let near = tolerance; ; near = Math.max(1, near * 1.5)) {
    const kept = new Set(fixed);
    for (const [i, from] of fixed.entries()) {
      keepFar(corners, from, fixed[i + 1] ?? fixed[0]! + corners.length, near, kept);
    }
    if (kept.size <= most) return corners.filter((_, i) => kept.has(i));
  }
}

/** Where a line is leftmost, topmost, rightmost and lowest. */
function extremesOf(line: readonly Corner[]): Set<number> {
  const found = [0, 0, 0, 0];
  for (const [i, [x, y]] of line.entries()) {
    for (const [side, value] of [x, y, -x, -y].entries()) {
      const [otherX, otherY] = line[found[side]!]!;
      if (value < [otherX, otherY, -otherX, -otherY][side]!) found[side] = i;
    }
  }
  return new Set(found);
}

function keepFar(
  corners: readonly Corner[],
  start: number,
  end: number,
  tolerance: number,
  kept: Set<number>,
): void {
  const todo: [from: number, to: number][] = [[start, end]];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [from, to] = next;
    let farthest = 0;
    let distance = tolerance;
    for (let i = from + 1; i < to; i++) {
      const far = distanceTo(at(corners, i), at(corners, from), at(corners, to));
      if (far <= distance) continue;
      distance = far;
      farthest = i;
    }
    if (farthest === 0) continue;
    kept.add(farthest % corners.length);
    todo.push([from, farthest], [farthest, to]);
  }
}

const at = (line: readonly Corner[], i: number): Corner => line[i % line.length] as Corner;

/** From a point to a stretch of a line. */
function distanceTo([x, y]: Corner, [ax, ay]: Corner, [bx, by]: Corner): number {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const along = squared > 0 ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
