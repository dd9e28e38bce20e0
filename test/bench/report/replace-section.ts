/** What stands around a section, so that a bench replaces its own and no other. */
const begin = (section: string): string => `<!-- bench:${section} -->`;
const end = (section: string): string => `<!-- /bench:${section} -->`;

/**
 * The text with a section's content replaced, or with the section at its end where it had none.
 * @throws Error for a section that begins and does not end
 */
export function replaceSection(text: string, section: string, content: string): string {
  const block = `${begin(section)}\n\n${content.trim()}\n\n${end(section)}`;
  const start = text.indexOf(begin(section));
  if (start === -1) return `${text.trimEnd()}\n\n${block}\n`.trimStart();
  const stop = text.indexOf(end(section), start);
  if (stop === -1)
    throw new Error(`"${begin(section)}" has no "${end(section)}"; put it back or remove both`);
  return text.slice(0, start) + block + text.slice(stop + end(section).length);
}
