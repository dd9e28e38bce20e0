/** The API key that a request brings, undefined without one. */
export function presentedKey(headers: { get(name: string): string | null }): string | undefined {
  const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(headers.get('authorization') ?? '');
  return bearer?.[1] ?? headers.get('x-api-key') ?? undefined;
}
