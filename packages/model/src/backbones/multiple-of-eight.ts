/** A number of channels as a multiple of 8, never smaller by more than a tenth. Source: `_make_divisible` of MobileNet. */
export function multipleOfEight(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
