/** Sets an attribute, or takes it away. */
export function set(node: Element, name: string, value: string | number | undefined): void {
  if (value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, String(value));
}

/** The number that an attribute holds, if it holds one. */
export function numberOf(node: Element, name: string): number | undefined {
  const text = node.getAttribute(name)?.trim();
  const value = Number(text);
  return text && Number.isFinite(value) ? value : undefined;
}

/** A value if it is one of those allowed, else the first of them. */
export function oneOf(values: readonly string[], value: string | null): string {
  return value !== null && values.includes(value) ? value : values[0]!;
}
