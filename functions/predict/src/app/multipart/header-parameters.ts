/** A header's value and the parameters after it: `form-data; name="a"`. */
export interface HeaderParameters {
  /** In lower case. */
  value: string;
  /** By their names in lower case; of two with one name the last. */
  parameters: ReadonlyMap<string, string>;
}

/**
 * Takes a header such as Content-Type or Content-Disposition apart; undefined when it is not written as one. In one
 * pass, whatever comes: an expression for this is easily one that tries every way to part a run of blanks.
 */
export function parseHeaderParameters(header: string): HeaderParameters | undefined {
  const parameters = new Map<string, string>();
  const semicolon = header.indexOf(';');
  const value = (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
  for (let at = semicolon < 0 ? header.length : semicolon; at < header.length; ) {
    // Behind a semicolon, which the last parameter may also have.
    const begin = skipBlanks(header, at + 1);
    if (begin === header.length) break;
    const nameEnd = skip(header, begin, isNameCharacter);
    if (nameEnd === begin || header[nameEnd] !== '=') return undefined;
    const quoted = header[nameEnd + 1] === '"';
    const from = nameEnd + (quoted ? 2 : 1);
    const to = quoted ? header.indexOf('"', from) : skip(header, from, isBareCharacter);
    if (to < 0) return undefined;
    parameters.set(header.slice(begin, nameEnd).toLowerCase(), header.slice(from, to));
    at = skipBlanks(header, quoted ? to + 1 : to);
    if (at < header.length && header[at] !== ';') return undefined;
  }
  return { value, parameters };
}

function skip(text: string, from: number, holds: (character: string) => boolean): number {
  let at = from;
  while (at < text.length && holds(text[at] as string)) at++;
  return at;
}

function skipBlanks(text: string, from: number): number {
  return skip(text, from, isBlank);
}

const isBlank = (character: string): boolean => character === ' ' || character === '\t';
const isNameCharacter = (character: string): boolean => /^[\w*-]$/.test(character);
const isBareCharacter = (character: string): boolean =>
  !isBlank(character) && character !== ';' && character !== '"';
