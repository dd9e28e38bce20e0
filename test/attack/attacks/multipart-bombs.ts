import type { Attack, Scene } from '../attack-types.js';

const BOUNDARY = 'b'.repeat(60);
const TYPE = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const part = (disposition: string, content = ''): string =>
  `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
/** A part with a header that is hard to read, and one that names it: the next part is read as well. */
const hard = (disposition: string): string =>
  part(`${disposition}\r\nContent-Disposition: form-data; name="image"; filename="a"`);
const named = (name: string, more = ''): string => part(`form-data; name="${name}"${more}`);
const END = `--${BOUNDARY}--\r\n`;
/** The longest that the headers of a part may be, nearly. */
const LONG = 15_900;

/** Bodies that make a careless parser of forms slow, by what is in them. */
const FORMS: Readonly<Record<string, () => string>> = {
  'blanks in a header': () => hard(`form-data${' '.repeat(LONG)}x`).repeat(20) + END,
  'blanks after a semicolon': () => hard(`form-data;${' '.repeat(LONG)}x`).repeat(20) + END,
  'tabs and blanks in turns': () => hard(`form-data;${' \t'.repeat(LONG / 2)}x`).repeat(20) + END,
  semicolons: () => hard(`form-data${';'.repeat(LONG)}`).repeat(20) + END,
  'semicolons and blanks': () => hard(`form-data${'; '.repeat(LONG / 2)}"`).repeat(20) + END,
  'parameters without an end': () => hard(`form-data${'; a=b'.repeat(LONG / 5)}; "`).repeat(20) + END,
  'parameters with blanks around': () => hard(`form-data${' ; a="b" '.repeat(LONG / 9)} x`).repeat(20) + END,
  quotes: () => hard(`form-data; name=${'"'.repeat(LONG)}`).repeat(20) + END,
  'an open quote': () => hard(`form-data; name="${'\\"'.repeat(LONG / 2)}`).repeat(20) + END,
  'a word without an end': () => hard(`form-data; name=${'a'.repeat(LONG)}`).repeat(20) + END,
  'escapes of browsers': () => hard(`form-data; name="${'%22'.repeat(LONG / 3)}"`).repeat(20) + END,
  'colons and empty headers': () => `--${BOUNDARY}\r\n${': \r\n'.repeat(LONG / 4)}\r\n\r\n`.repeat(20) + END,
  'a flood of CR': () => `--${BOUNDARY}\r\n${'\r'.repeat(4_000_000)}${END}`,
  'a flood of CR in content': () => `${named('image').slice(0, -2)}${'\r'.repeat(4_000_000)}\r\n${END}`,
  'a flood of line ends in content': () =>
    `${named('image').slice(0, -2)}${'\r\n'.repeat(2_000_000)}\r\n${END}`,
  'boundaries, nearly': () =>
    `${named('image').slice(0, -2)}${`\r\n--${BOUNDARY.slice(1)}`.repeat(60_000)}\r\n${END}`,
  'boundaries with blanks': () => `${`--${BOUNDARY}${' '.repeat(60)}\r\n\r\n`.repeat(30_000)}${END}`,
  'parts without headers': () => `${`--${BOUNDARY}\r\n\r\n\r\n\r\n`.repeat(30_000)}${END}`,
  'a preamble of a whole body': () => '-'.repeat(8_000_000) + END,
  'an epilogue of a whole body': () => named('threshold') + END + '-'.repeat(8_000_000),
  'fields with names of their own': () =>
    Array.from({ length: 50_000 }, (_, i) => named(`field-${i}`)).join('') + END,
  'one field again and again': () => named('threshold').repeat(50_000) + END,
  'file names': () => named('image', `; filename="${'../'.repeat(LONG / 3)}"`).repeat(20) + END,
};

/** As many parts as a form may have, each as hard to read as it may be: a header of blanks, or blanks in its names. */
const SLOW_FORMS: Readonly<Record<string, () => string>> = {
  'headers of blanks': () => hard(`form-data${' '.repeat(LONG)}x`).repeat(512) + END,
  'names of blanks': () =>
    Array.from({ length: 512 }, (_, i) =>
      named(`f${i}${' '.repeat(4000)}`, `; filename=";${' '.repeat(4000)}"`),
    ).join('') + END,
};

const SLOW_FORM_MS = 200;

export const multipartBombs: Attack = {
  name: 'multipart-bombs',
  about:
    'forms built to make a parser slow: blanks, semicolons, quotes, floods of CR, boundaries that are none, very many parts',
  short: true,
  mostTurnMs: 100,
  async run(scene) {
    const { client, full } = scene;
    const paths = [
      '/v1/detectors/wood/predict',
      ...(full ? ['/v1/predict', '/v1/jobs', '/v1/detectors/wood/versions'] : []),
    ];
    let slowest = { ms: 0, what: '' };
    for (const path of paths) {
      for (const [what, form] of Object.entries(FORMS)) {
        const { ms, status } = await client.ask(path, { headers: TYPE, body: Buffer.from(form()) });
        if (ms > slowest.ms) slowest = { ms, what };
        if (status >= 200 && status < 300) scene.fault(`${what} was taken by ${path}: ${status}`);
      }
    }
    scene.note(`slowest: ${slowest.what} ${Math.round(slowest.ms)} ms`);
    await slowForm(scene);
  },
};

async function slowForm({ client, fault, note }: Scene): Promise<void> {
  for (const [what, form] of Object.entries(SLOW_FORMS)) {
    const body = Buffer.from(form());
    let best = Number.POSITIVE_INFINITY;
    // The fastest of a few: the others waited for somebody else.
    for (let i = 0; i < 3 && best > SLOW_FORM_MS; i++) {
      best = Math.min(best, (await client.ask('/v1/detectors/wood/predict', { headers: TYPE, body })).ms);
    }
    note(`512 parts with ${what} ${Math.round(best)} ms`);
    if (best > SLOW_FORM_MS) {
      fault(`a form of 512 parts with ${what} took ${Math.round(best)} ms, expected at most ${SLOW_FORM_MS}`);
    }
  }
}
