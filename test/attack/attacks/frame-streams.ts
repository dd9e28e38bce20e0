import type { Attack, Scene } from '../attack-types.js';
import type { RawConnection } from '../client/raw-connection.js';
import { askForStream, closeCode, frameOf, framesIn, OPCODE } from '../client/web-socket-frames.js';

const NO_STREAMS = 'the Worker has no streams of frames, and answers 426';
/** Of one caller at a time, as docs/serving.md says. */
const MOST_OF_A_CALLER = 16;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is done on a stream that is open. Whether it must be ended for it, and what the service may say when it ends it. */
interface Abuse {
  /** Whether the client takes what is said to it. */
  reads?: boolean;
  /** Close codes that fit; none where the stream may go on. */
  codes: readonly number[];
  send(connection: RawConnection, scene: Scene): Promise<void>;
}

const repeated = async (connection: RawConnection, bytes: Uint8Array, times: number): Promise<void> => {
  for (let i = 0; i < times && closeCode(connection) === undefined; i++)
    if (!(await connection.write(bytes))) return;
};
const EMPTY = Buffer.alloc(0);
const BYTE = Buffer.alloc(1, 'x');
const MEGABYTE = Buffer.alloc(1_000_000, 'x');

const ABUSES: Readonly<Record<string, Abuse>> = {
  'texts without end': {
    codes: [1003, 1009],
    send: (connection) => repeated(connection, frameOf(MEGABYTE, { opcode: OPCODE.text }), 200),
  },
  'a length of 2^62': {
    codes: [1009],
    send: async (connection) => {
      await connection.write(frameOf(EMPTY, { length: 2 ** 62 }));
    },
  },
  'a message that is never whole': {
    codes: [1009, 1013],
    send: async (connection) => {
      await connection.write(frameOf(BYTE, { fin: false }));
      await repeated(connection, frameOf(MEGABYTE, { opcode: OPCODE.continuation, fin: false }), 100);
    },
  },
  'a message in pieces of one byte': {
    codes: [1008, 1009, 1013],
    send: async (connection) => {
      await connection.write(frameOf(BYTE, { fin: false }));
      const piece = frameOf(BYTE, { opcode: OPCODE.continuation, fin: false });
      await repeated(connection, Buffer.concat(Array.from({ length: 5000 }, () => piece)), 20);
    },
  },
  'pings without end': {
    codes: [1008],
    send: async (connection) => {
      const pings = Array.from({ length: 2000 }, () => frameOf(Buffer.alloc(125), { opcode: OPCODE.ping }));
      await repeated(connection, Buffer.concat(pings), 50);
    },
  },
  'a ping of a kilobyte': {
    codes: [1002],
    send: async (connection) => {
      await connection.write(frameOf(Buffer.alloc(1000), { opcode: OPCODE.ping }));
    },
  },
  'frames that are not masked': {
    codes: [1002],
    send: async (connection) => {
      await connection.write(frameOf(BYTE, { masked: false }));
    },
  },
  'frames that say they are compressed': {
    codes: [1002],
    send: async (connection) => {
      await connection.write(frameOf(Buffer.alloc(1000), { reserved: 4 }));
    },
  },
  'a piece of nothing': {
    codes: [1002],
    send: async (connection) => {
      await connection.write(frameOf(BYTE, { opcode: OPCODE.continuation }));
    },
  },
  'images and nobody who reads the verdicts': {
    reads: false,
    codes: [],
    send: async (connection, { samples }) => {
      connection.socket.pause();
      const images = Buffer.concat(Array.from({ length: 50 }, () => frameOf(samples.png)));
      await Promise.race([repeated(connection, images, 200), pause(4000)]);
    },
  },
  'what is no image, 20,000 times': {
    codes: [1008],
    send: async (connection) => {
      const nothing = Buffer.concat(Array.from({ length: 1000 }, () => frameOf(BYTE)));
      await repeated(connection, nothing, 20);
    },
  },
  'empty messages, 20,000 times': {
    codes: [1008],
    send: async (connection) => {
      const nothing = Buffer.concat(Array.from({ length: 1000 }, () => frameOf(EMPTY)));
      await repeated(connection, nothing, 20);
    },
  },
};

/** Streams of frames: who takes all places, and who sends on them what is no frame. */
export const frameStreams: Attack = {
  name: 'frame-streams',
  about:
    'one key opens 200 WebSockets, 400 handshakes are none, and streams are sent lengths, pieces, pings and texts that are none',
  notOn: { workerd: NO_STREAMS },
  service: { keys: { hoarder: ['predict'], other: ['predict'], reader: ['read'] } },
  async run(scene) {
    await hoard(scene);
    await refusedHandshakes(scene);
    await abuse(scene);
  },
};

async function hoard({ host, client, fault, note, samples }: Scene): Promise<void> {
  const streams = await Promise.all(
    Array.from({ length: 200 }, () => askForStream(host.url, { key: host.keys.get('hoarder') })),
  );
  const statuses = await Promise.all(streams.map((each) => each.answered(20_000)));
  for (const each of streams) if (each.status !== 101) client.note(each.answer(), 'a stream');
  const taken = statuses.filter((status) => status === 101).length;
  const other = await askForStream(host.url, { key: host.keys.get('other') });
  const status = await other.answered(20_000);
  await other.write(frameOf(samples.png));
  const isScored = await other.until(
    () => framesIn(other.text).some(({ payload }) => payload.includes('"type":"verdict"')),
    20_000,
  );
  note(`one key has ${taken} of 200 streams, the other gets ${status}`);
  if (taken > MOST_OF_A_CALLER || taken === 0)
    fault(`one key has ${taken} streams, expected 1 to ${MOST_OF_A_CALLER}`);
  if (status !== 101 || !isScored) fault(`another key gets ${status} for its first stream, and no verdict`);
  for (const each of [...streams, other]) each.destroy();
  await pause(1500);
  const again = await askForStream(host.url, { key: host.keys.get('hoarder') });
  if ((await again.answered(20_000)) !== 101)
    fault(`places of streams that were left are not free again: ${again.status}`);
  again.destroy();
}

async function refusedHandshakes({ host, client, fault, note }: Scene): Promise<void> {
  const key = host.keys.get('other');
  const kinds: readonly [expected: number, asked: Parameters<typeof askForStream>[1]][] = [
    [401, {}],
    [401, { key: 'k'.repeat(4000) }],
    [403, { key: host.keys.get('reader') }],
    [426, { key, head: { 'Sec-WebSocket-Protocol': `${'p,'.repeat(5000)}p` } }],
    [400, { key, head: { 'Sec-WebSocket-Key': 'short' } }],
    [400, { key, head: { 'Sec-WebSocket-Version': '99' } }],
  ];
  const asked = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const [expected, how] = kinds[i % kinds.length] as (typeof kinds)[number];
      const connection = await askForStream(host.url, how);
      await connection.answered(20_000);
      return { expected, connection };
    }),
  );
  const wrong = asked.filter(({ expected, connection }) => connection.status !== expected);
  for (const { connection } of asked) {
    client.note(connection.answer(), 'a handshake that is none');
    connection.destroy();
  }
  note(`${asked.length - wrong.length} of ${asked.length} handshakes refused`);
  if (wrong[0])
    fault(`a handshake that should be refused with ${wrong[0].expected} got ${wrong[0].connection.status}`);
}

async function abuse(scene: Scene): Promise<void> {
  const { host, client, samples, fault, note } = scene;
  const ends: string[] = [];
  for (const [what, { codes, reads = true, send }] of Object.entries(ABUSES)) {
    // Several at a time: what each may take, they take together.
    const streams = await Promise.all(
      Array.from({ length: 8 }, () => askForStream(host.url, { key: host.keys.get('hoarder'), reads })),
    );
    await Promise.all(streams.map((each) => (reads ? each.answered(20_000) : pause(500))));
    await Promise.all(streams.map((each) => send(each, scene)));
    if (reads)
      await Promise.all(streams.map((each) => each.until(() => closeCode(each) !== undefined, 15_000)));
    for (const each of streams) {
      const code = closeCode(each);
      if (codes.length > 0 && (code === undefined || !codes.includes(code)))
        fault(`${what}: expected ${codes.join(' or ')}, got ${code ?? `nothing after ${each.status}`}`);
    }
    ends.push(`${what}: ${[...new Set(streams.map((each) => closeCode(each) ?? 'on'))].join(' ')}`);
    for (const each of streams) each.destroy();
    const { status } = await client.predict(samples.png);
    if (![200, 429].includes(status)) fault(`${what}: another caller got ${status} afterwards`);
  }
  note(ends.join('; '));
}
