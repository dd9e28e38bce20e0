import { afterEach, describe, expect, it } from 'vitest';
import type { RawOutput, Row } from '../batches/batch.js';
import { SharedFile } from './shared-file.js';
import { placeMaps, placeRows, readMaps, readRows } from './shared-rows.js';

const SIDE = 8;
const open: SharedFile[] = [];
afterEach(() => {
  for (const file of open.splice(0)) file.close();
});

function rowOf(value: number, maps: readonly boolean[], side: number = SIDE): Row {
  const heads = maps.map((map, i) => ({ key: `head ${i}`, map }));
  const planes = new Uint8Array(3 * side * side).fill(value);
  return { backbone: 'b', planes, heads } as unknown as Row;
}

const mapOf = (value: number): RawOutput => ({
  score: value,
  map: new Float32Array(SIDE * SIDE).fill(value / 3),
});

const noError = (): never => {
  throw new Error('there is no error');
};

function create(): SharedFile {
  const file = SharedFile.create() as SharedFile;
  open.push(file);
  return file;
}

describe.skipIf(process.platform !== 'linux')('rows in shared memory', () => {
  it('come out as they went in, and so do maps: none is in a message', () => {
    const file = create();
    const rows = [rowOf(1, [true, true]), rowOf(2, [false, true]), rowOf(3, [true, false])];
    const place = placeRows(rows, file);
    const sent = rows.map(({ backbone, heads }) => ({ backbone, heads }));
    expect(readRows(sent, file.fd, place)).toEqual(rows);
    const results = [
      [mapOf(1), mapOf(2)],
      [{ score: 3 }, mapOf(4)],
      [mapOf(5), { score: 6 }],
    ];
    const messages = placeMaps(results, file.fd, place, noError);
    expect(JSON.stringify(messages)).not.toContain('map');
    if (!place) throw new Error('there was no room');
    expect(messages.map((each) => readMaps(each as RawOutput[], file.fd, place))).toEqual(results);
  });

  it('of several runs lie apart, and give their room back', () => {
    const file = create();
    const place = () => placeRows([rowOf(1, [true], 1024)], file);
    // 3 MB of pixels and 4 MB of a map each, of 32 MB.
    const places = Array.from({ length: 5 }, place);
    expect(places.map((each) => each?.planes)).toEqual(
      [0, 7, 14, 21, undefined].map((mb) => mb && mb * 2 ** 20),
    );
    file.release(7 * 2 ** 20);
    file.release(21 * 2 ** 20);
    expect(place()?.planes).toBe(7 * 2 ** 20);
    expect(place()?.planes).toBe(21 * 2 ** 20);
  });

  it('stay in the messages where there is no such memory, or another map than was to come', () => {
    expect(SharedFile.create('/nowhere')).toBeUndefined();
    const rows = [rowOf(1, [true])];
    expect(placeRows(rows, undefined)).toBeUndefined();
    expect(readRows(rows, -1, undefined)).toEqual(rows);
    const odd = { score: 1, map: new Float32Array(3) };
    const file = create();
    expect(placeMaps([[odd]], file.fd, placeRows(rows, file), noError)).toEqual([[odd]]);
    // Nothing can be written there any more.
    const place = placeRows(rows, file);
    file.close();
    expect(placeMaps([[mapOf(1)]], file.fd, place, noError)).toEqual([[mapOf(1)]]);
    expect(placeRows(rows, file)).toBeUndefined();
  });
});
