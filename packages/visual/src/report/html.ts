/** Text that is HTML already. Everything else that goes into a template is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold: nothing, text to be escaped, HTML, or lists of them. */
export type Part = Html | string | number | undefined | readonly Part[];

/** Template tag: the literal parts are HTML, the values are escaped, in text and in quoted attributes alike. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = literals[0]!;
  parts.forEach((part, i) => {
    text += render(part) + literals[i + 1]!;
  });
  return new Html(text);
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return part.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Control characters and lone surrogates are not allowed in HTML; a file name may hold any of them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Cs}/gu;

function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * A name from outside, isolated so that right-to-left marks in it cannot reorder the text around it, and shortened in
 * its middle beyond 160 characters.
 */
export function name(text: string): Html {
  const characters = text.length > 160 ? `${text.slice(0, 80)}…${text.slice(-79)}` : text;
  return html`<bdi>${characters}</bdi>`;
}
