import { randomBytes } from 'node:crypto';
import { RawConnection } from './raw-connection.js';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  /** Default: a binary message. */
  opcode?: number;
  /** Whether the message ends with it. Default true. */
  fin?: boolean;
  /** The three reserved bits. */
  reserved?: number;
  /** What it says of its length; default: what it is. */
  length?: number;
  masked?: boolean;
}

/** A frame of RFC 6455 as a client sends it, or as none should. The mask is 0, so that the bytes are what they are. */
export function frameOf(
  payload: Uint8Array,
  {
    opcode = OPCODE.binary,
    fin = true,
    reserved = 0,
    length = payload.length,
    masked = true,
  }: FrameOptions = {},
): Buffer {
  const head = Buffer.alloc(10);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  let bytes = 2;
  if (length < 126) {
    head[1] = mask | length;
  } else if (length < 65_536) {
    head[1] = mask | 126;
    bytes += head.writeUInt16BE(length, 2) - 2;
  } else {
    head[1] = mask | 127;
    bytes = head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head.subarray(0, bytes), ...(masked ? [Buffer.alloc(4)] : []), payload]);
}

/** What a service has said on a stream, of what came so far. */
export function framesIn(text: string): { opcode: number; payload: Buffer }[] {
  const bytes = Buffer.from(text, 'latin1');
  const frames: { opcode: number; payload: Buffer }[] = [];
  let at = bytes.indexOf('\r\n\r\n') + 4;
  while (at >= 4 && at + 2 <= bytes.length) {
    const opcode = bytes[at]! & 15;
    const short = bytes[at + 1]! & 127;
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (at + 2 + wide > bytes.length) break;
    const length =
      wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const from = at + 2 + wide;
    if (from + length > bytes.length) break;
    frames.push({ opcode, payload: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return frames;
}

/** The code that a service closed a stream with; undefined while it has not. */
export function closeCode({ text }: RawConnection): number | undefined {
  const close = framesIn(text).find(({ opcode }) => opcode === OPCODE.close);
  return close && (close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005);
}

/** A connection that has asked for a stream of `wood`. */
export async function askForStream(
  url: string,
  {
    key,
    reads = true,
    head = {},
  }: { key?: string | undefined; reads?: boolean; head?: Record<string, string> },
): Promise<RawConnection> {
  const headers = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'cflow.v1',
    ...(key !== undefined && { 'X-Api-Key': key }),
    ...head,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const connection = new RawConnection(url, { reads });
  await connection.opened;
  await connection.write(`GET /v1/detectors/wood/stream HTTP/1.1\r\n${lines.join('')}\r\n`);
  return connection;
}
