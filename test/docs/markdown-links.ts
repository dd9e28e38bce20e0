/** A link of a Markdown page. */
export interface Link {
  /** Without escapes; with the backquotes of code. */
  text: string;
  /** As it is written. */
  target: string;
  /** What stands behind the link in its line. */
  after: string;
  /** From 1. */
  line: number;
}

/** The links of a page outside its code blocks. */
export function markdownLinks(page: string): Link[] {
  const links: Link[] = [];
  let inCodeBlock = false;
  page.split('\n').forEach((text, index) => {
    if (text.startsWith('```')) inCodeBlock = !inCodeBlock;
    if (inCodeBlock) return;
    for (const match of text.matchAll(/\[((?:\\.|`[^`]*`|[^[\]\\`])+)\]\(([^()\s]+)\)/g)) {
      const [whole, label = '', target = ''] = match;
      links.push({
        text: label.replace(/\\(.)/g, '$1'),
        target,
        after: text.slice(match.index + whole.length),
        line: index + 1,
      });
    }
  });
  return links;
}

/** The cells of the first table whose heading row begins with a cell of this text, row by row, without the heading. */
export function tableRows(page: string, firstHeading: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => cells(line)[0] === firstHeading);
  if (start < 0) return [];
  const body = lines.slice(start + 2);
  const end = body.findIndex((line) => !line.startsWith('|'));
  return body.slice(0, end < 0 ? body.length : end).map(cells);
}

function cells(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}
