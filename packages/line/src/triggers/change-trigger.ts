import type { RgbImage } from '@cflow/spec';
import type { Trigger } from './trigger.js';

const GRID = 16;
/** Of the background, what a still frame moves it by: the light of a day passes, a part does not. */
const ADAPTATION = 0.02;

/** What is remembered from frame to frame; gray levels of a grid, in [0, 255]. */
export interface ChangeState {
  background?: Float64Array;
  before?: Float64Array;
  /** Whether a part lies there that was selected already. */
  taken: boolean;
}

/**
 * One frame more: selected when it differs from the background and lies still, once until the background is seen again. The first
 * frame is the background.
 *
 * @param change mean difference of gray levels from which there is something, in (0, 1) of the whole range
 */
export function selectByChange(
  change: number,
  state: ChangeState,
  image: RgbImage,
): { state: ChangeState; selected: boolean } {
  const now = grid(image);
  const { background, before } = state;
  if (!background || !before)
    return { state: { background: now, before: now, taken: false }, selected: false };
  const something = difference(now, background);
  const still = difference(now, before) < change / 4;
  if (something >= change) {
    const selected = still && !state.taken;
    return { state: { background, before: now, taken: state.taken || selected }, selected };
  }
  const taken = state.taken && something >= change / 2;
  const adapted =
    still && !taken ? background.map((value, i) => value + ADAPTATION * (now[i]! - value)) : background;
  return { state: { background: adapted, before: now, taken }, selected: false };
}

/** @param change in (0, 1) */
export function changeTrigger(change: number): Trigger {
  let state: ChangeState = { taken: false };
  return {
    selects(image) {
      const next = selectByChange(change, state, image);
      state = next.state;
      return next.selected;
    },
    close: async () => {},
  };
}

/** Mean gray levels of the cells of a grid. */
function grid({ width, height, data }: RgbImage): Float64Array {
  const sums = new Float64Array(GRID * GRID);
  const counts = new Float64Array(GRID * GRID);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * GRID) / height) * GRID;
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const cell = row + Math.floor((x * GRID) / width);
      sums[cell] = sums[cell]! + (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
      counts[cell] = counts[cell]! + 1;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

/** Mean absolute difference, of the whole range. */
function difference(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length / 255;
}
