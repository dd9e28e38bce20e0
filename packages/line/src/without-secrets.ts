/** An address without what may be secret in it: user, password and query. Anything else as it is. */
export function withoutSecrets(name: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(name) || !URL.canParse(name)) return name;
  const { protocol, host, pathname } = new URL(name);
  return `${protocol}//${host}${pathname}`;
}
