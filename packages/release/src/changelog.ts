/** What the section of a version that is not released yet ends its heading with. */
const UNRELEASED = / \(unreleased\)$/;

/**
 * The changelog with the section of a version that is released: a new one on top, or the one that was kept for it.
 *
 * @param lines Of what changed, each a sentence or more
 * @param date As YYYY-MM-DD
 * @throws Error when a section is kept for another version
 */
export function withRelease(
  changelog: string,
  version: string,
  lines: readonly string[],
  date: string,
): string {
  const [before, ...sections] = changelog.split(/^(?=## )/m);
  const items = lines.map((line) => `- ${line.trim().replaceAll('\n', '\n  ')}\n`).join('');
  const heading = `## ${version} (${date})`;
  const [first = '', ...others] = sections;
  const kept = first.split('\n')[0] as string;
  if (!UNRELEASED.test(kept)) return [before, `${heading}\n\n${items}\n`, ...sections].join('');
  if (kept !== `## ${version} (unreleased)`) {
    throw new Error(
      `CHANGELOG.md: expected "## ${version} (unreleased)", or no section of that kind, got "${kept}"`,
    );
  }
  return [before, `${first.replace(kept, heading).trimEnd()}\n${items}\n`, ...others]
    .join('')
    .trimEnd()
    .concat('\n');
}
