/** Whether no value is NaN or infinite. A plain loop, since it looks at every parameter every second. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value - value !== 0) return false;
  }
  return true;
}
