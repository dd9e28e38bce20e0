import { Readable } from 'node:stream';
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import type { Attack } from '../attack-types.js';
import { createJob, jobEnded, uploadDataSet } from '../client/jobs.js';
import { mayCut } from '../limits.js';

const NO_JOBS = 'the Worker has no jobs';

/** Pictures that are small as files and very large as pixels, or say that they are. */
export const imageBombs: Attack = {
  name: 'image-bombs',
  about:
    'images that say they are 65,500 pixels wide, real ones of 144 megapixels, thousands of frames, pages in a round, formats that are programs',
  short: true,
  // The default is more, where there is much memory.
  service: { env: { CFLOW_IMAGE_MEMORY_MB: '400' } },
  async run({ client, hostName, full, fault, note }) {
    const images = await bombs(full);
    for (const [what, body] of Object.entries(images)) {
      const answers = await Promise.all(
        Array.from({ length: 4 }, () =>
          client.ask('/v1/detectors/wood/predict', { body, headers: { 'content-type': 'image/png' } }),
        ),
      );
      for (const { status, text } of answers) {
        // What a GIF says of its screen is not the size of its picture, which is what counts.
        if (what.startsWith('a GIF') && status === 200) continue;
        // The first page is a picture.
        if (what.startsWith('a TIFF whose') && status === 200) continue;
        if (what.startsWith('as many') && [200, 413, 429].includes(status)) continue;
        if (mayCut(hostName, { bytes: body.length, status })) continue;
        if (![400, 413, 422, 429].includes(status))
          fault(`${what}: expected 422, got ${status} ${text.slice(0, 160)}`);
      }
    }
    note(`${Object.keys(images).length} kinds`);
  },
};

/** Bytes of the signature of a PNG and its first chunk. */
const PNG_HEAD = 33;
/** A chunk tEXt with nothing in it; its check sum is no matter. */
const EMPTY_TEXT = Buffer.from([0, 0, 0, 0, ...Buffer.from('tEXt'), 0, 0, 0, 0]);

async function bombs(full: boolean): Promise<Record<string, Buffer>> {
  const blank = (width: number, height: number): ReturnType<typeof sharp> =>
    sharp({ create: { width, height, channels: 3, background: '#777' } });
  const png = await blank(64, 64).png().toBuffer();
  const jpeg = await blank(64, 64).jpeg().toBuffer();
  const gif = await blank(64, 64).gif().toBuffer();
  const webp = await blank(64, 64).webp().toBuffer();
  const tiff = await blank(64, 64).tiff({ compression: 'deflate' }).toBuffer();
  const side = full ? 12_000 : 9000;
  return {
    'a JPEG that says 65,500 pixels': withSizeAt(jpeg, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5, 65_500),
    'a GIF that says 65,500 pixels': withSizeAt(gif, 6, 65_500, true),
    'a WebP that says 16,383 pixels': withSizeAt(webp, 26, 16_383, true),
    'a TIFF with other numbers': Buffer.from(tiff.map((byte, i) => (i > 8 && byte === 64 ? 255 : byte))),
    'a PNG of very many pixels': await blank(side, side).png({ compressionLevel: 1 }).toBuffer(),
    // They are decoded, four at a time: what they took comes back.
    ...(full && { 'as many pixels as there may be': await blank(8190, 8190).webp({ effort: 0 }).toBuffer() }),
    'an SVG': Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="60000" height="60000"><image href="file:///etc/passwd"/></svg>',
    ),
    'an SVG of entities': Buffer.from(
      `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">${'bcdefghij'
        .split('')
        .map((name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`)
        .join('')}]><svg>&j;</svg>`,
    ),
    'a PDF': Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>'),
    'a PNG of half a million texts': Buffer.concat([
      png.subarray(0, PNG_HEAD),
      Buffer.concat(Array.from({ length: 500_000 }, () => EMPTY_TEXT)),
      png.subarray(PNG_HEAD),
    ]),
    'a GIF of thousands of frames': await sharp(Buffer.alloc(16 * 16 * 3 * (full ? 20_000 : 4000), 90), {
      raw: { width: 16, height: 16 * (full ? 20_000 : 4000), channels: 3, pageHeight: 16 },
    })
      .gif({ effort: 1 })
      .toBuffer(),
    'a TIFF whose pages go round': withPagesInARound(tiff),
    'half a PNG': (await blank(500, 500).png().toBuffer()).subarray(0, 700),
  };
}

/** A little-endian TIFF whose first directory says that the next one is itself. */
function withPagesInARound(tiff: Buffer): Buffer {
  const round = Buffer.from(tiff);
  const directory = round.readUInt32LE(4);
  round.writeUInt32LE(directory, directory + 2 + 12 * round.readUInt16LE(directory));
  return round;
}

/** A file whose two numbers of two bytes at a place are another. */
function withSizeAt(file: Buffer, at: number, size: number, little = false): Buffer {
  const changed = Buffer.from(file);
  for (const place of [at, at + 2]) {
    if (little) changed.writeUInt16LE(size, place);
    else changed.writeUInt16BE(size, place);
  }
  return changed;
}

/** Archives that unpack to more than they are, or elsewhere than they should. */
export const archiveBombs: Attack = {
  name: 'archive-bombs',
  about:
    'data sets that unpack to a thousand times their size, hold very many files, tables without end, or paths to elsewhere',
  notOn: { workerd: NO_JOBS },
  short: true,
  jobs: true,
  service: { env: { CFLOW_TRAIN: 'here' } },
  async run({ client, full, fault, note }) {
    const archives: Record<string, Buffer> = {
      'a file of zeros': await zip((archive) =>
        archive.addReadStream(zeros(full ? 2000 : 600), 'train/good/0.png'),
      ),
      'many empty files': await zip((archive) => {
        for (let i = 0; i < (full ? 60_000 : 20_000); i++)
          archive.addBuffer(Buffer.alloc(0), `train/good/${i}.png`, { compress: false });
      }),
      ...(await tables(full)),
      'paths to elsewhere': withPath(
        await zip((archive) => archive.addBuffer(Buffer.from('x'), 'AAAAAAAAA/canary.png')),
        'AAAAAAAAA',
        '../../../',
      ),
      'half an archive': (
        await zip((archive) => archive.addBuffer(Buffer.alloc(50_000, 1), 'train/good/0.png'))
      ).subarray(0, 80),
    };
    for (const [what, bytes] of Object.entries(archives)) {
      const path = await uploadDataSet(client, bytes);
      if (path === undefined) continue;
      const id = await createJob(client, { name: 'bomb', dataSet: { path }, maxAttempts: 1 });
      const job = await jobEnded(client, id, 120_000);
      note(`${what}: ${job.error?.code ?? job.status}`);
      if (job.status !== 'failed') fault(`${what}: the job is ${job.status}`);
      if (job.error && !['data-set', 'image', 'configuration'].includes(job.error.code)) {
        fault(`${what}: the job failed with ${job.error.code}: ${job.error.message.slice(0, 160)}`);
      }
    }
  },
};

/** Tables that are no tables: what a reader takes for a row, a field or an encoding has no end. */
async function tables(full: boolean): Promise<Record<string, Buffer>> {
  const megabytes = full ? 60 : 12;
  const many = (text: string): Buffer => Buffer.from(text.repeat(Math.ceil((megabytes * 1e6) / text.length)));
  const files: Record<string, [file: string, bytes: Buffer]> = {
    'a table with a field that never ends': [
      'labels.csv',
      Buffer.concat([Buffer.from('image,label\n"'), many('a,b\n')]),
    ],
    'a table of quotes alone': ['labels.csv', Buffer.concat([Buffer.from('image,label\n'), many('"')])],
    'a table of millions of columns': [
      'labels.csv',
      Buffer.concat([many('a,'), Buffer.from('image,label\n0.png,good\n')]),
    ],
    'a table of millions of rows': [
      'labels.csv',
      Buffer.concat([Buffer.from('image,label\n'), many('0.png,good\n')]),
    ],
    'a table in UTF-16 of blanks': [
      'labels.csv',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(many(' ').toString('latin1'), 'utf16le')]),
    ],
    'a table in UTF-16 with half a letter': [
      'labels.tsv',
      Buffer.concat([
        Buffer.from([0xff, 0xfe]),
        Buffer.from('image\tlabel\n0.png\tgood', 'utf16le'),
        Buffer.from([0]),
      ]),
    ],
    'a line of JSON that nests': ['labels.jsonl', Buffer.concat([Buffer.from('{"image":'), many('[')])],
    'a table that is a picture': [
      'labels.csv',
      await sharp(Buffer.alloc(3 * 64 * 64), { raw: { width: 64, height: 64, channels: 3 } })
        .png()
        .toBuffer(),
    ],
  };
  const archives = await Promise.all(
    Object.entries(files).map(async ([what, [file, bytes]]) => {
      const archive = await zip((each) => {
        each.addBuffer(bytes, file);
        each.addBuffer(Buffer.alloc(100, 1), '0.png');
      });
      return [what, archive] as const;
    }),
  );
  return Object.fromEntries(archives);
}

function zeros(megabytes: number): Readable {
  const megabyte = Buffer.alloc(1_000_000);
  return Readable.from(
    (function* () {
      for (let i = 0; i < megabytes; i++) yield megabyte;
    })(),
  );
}

async function zip(fill: (archive: ZipFile) => void): Promise<Buffer> {
  const archive = new ZipFile();
  fill(archive);
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** An archive in which a name is another of the same length: no writer of archives writes such names. */
function withPath(archive: Buffer, from: string, to: string): Buffer {
  return Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');
}
