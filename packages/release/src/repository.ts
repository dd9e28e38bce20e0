/**
 * Where the sources of a release are, as `https://HOST/OWNER/NAME`: what was named, or the repository whose workflow runs.
 *
 * @returns undefined where neither is known
 * @throws Error when what was named is not a such address
 */
export function findRepository(
  named: string | undefined,
  { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name }: NodeJS.ProcessEnv,
): string | undefined {
  const address = named ?? (server && name ? `${server}/${name}` : undefined);
  if (address === undefined) return undefined;
  if (!/^https:\/\/[\w.-]+(:\d+)?\/[\w.-]+\/[\w.-]+$/.test(address)) {
    throw new Error(`--repository: expected https://HOST/OWNER/NAME, got "${address}"`);
  }
  return address.replace(/\.git$/, '');
}
