/** A score or threshold with four significant digits. */
export function formatValue(value: number): string {
  return String(Number(value.toPrecision(4)));
}
