/** Text on one line and without control characters: names of files may hold anything, escape sequences included. */
export function printable(text: string): string {
  return (
    text
      .replace(/(?<!\s)\s*\n\s*/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  );
}
