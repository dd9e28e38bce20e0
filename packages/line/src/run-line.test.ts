import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Detector, loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import { nodeDevices } from '@cflow/runtime/node';
import { StorageError } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Delivery, type DeliveryEvent } from './delivery.js';
import { Journal } from './journal/journal.js';
import { Pictures } from './pictures.js';
import { RefusedResultError } from './refused-result-error.js';
import type { Result } from './result.js';
import { type LineEvent, type LineOptions, runLine } from './run-line.js';
import { scoreFrames } from './score-frames.js';
import type { Sink } from './sink.js';
import { JSON_LINES } from './sinks/file-format.js';
import { type FilePosition, FileSink } from './sinks/file-sink.js';
import { MoveSink } from './sinks/move-sink.js';
import { FolderSource } from './sources/folder-source.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const root = temporaryFolder();
let detector: Detector;
beforeAll(async () => {
  detector = await loadDetector(memoryBundle(await makeBundle()), {
    devices: await nodeDevices({ threads: 1 }),
    device: 'cpu',
  });
});
afterAll(() => detector.dispose());

async function fill(folder: string, from: number, to: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [i, image] of testImages(to - from + 1).entries())
    await writeFile(join(folder, `${from + i}.png`), await encodePng(image));
}

/** A sink that takes results unless it is away. */
function memorySink(name: string, maxBatch = 4) {
  const got: Result[] = [];
  const state = { away: false };
  const sink: Sink<number> = {
    name,
    maxBatch,
    open: async (position) => position ?? 0,
    deliver: async (results) => {
      if (state.away) throw new Error('nobody answers');
      got.push(...results);
      return got.length;
    },
    close: async () => {},
  };
  return { sink, got, state };
}

interface Run {
  name: string;
  segmentBytes?: number;
  /** In place of the journal's own. */
  append?: (journal: Pick<Journal, 'append'>, results: readonly Result[]) => Promise<void>;
  sinks: readonly Sink[];
  more?: Partial<LineOptions>;
}

/** Everything that is in `<name>/incoming` through a line, and what it said. */
async function run({ name, sinks, more, segmentBytes, append }: Run): Promise<(LineEvent | DeliveryEvent)[]> {
  const place = join(root, name);
  const journal = await Journal.open(
    join(place, 'state'),
    segmentBytes === undefined ? {} : { segmentBytes },
  );
  const ownAppend = journal.append.bind(journal);
  if (append) journal.append = (results) => append({ append: ownAppend }, results);
  const events: (LineEvent | DeliveryEvent)[] = [];
  const deliveries = await Promise.all(
    sinks.map((sink) =>
      Delivery.open({
        sink,
        journal,
        folder: join(place, 'state', 'sinks'),
        onEvent: (event) => events.push(event),
        onDelivered: () => {},
        retryMs: 10,
      }),
    ),
  );
  for (const delivery of deliveries) delivery.start();
  const source = await FolderSource.open({
    path: join(place, 'incoming'),
    taken: journal.taken,
    lastNumber: journal.lastNumber,
    settleMs: 20,
    pollMs: 10,
    once: true,
  });
  await runLine({
    source,
    score: (frames) => scoreFrames(detector, frames, { ownSize: true }),
    journal,
    deliveries,
    rules: {},
    detector: 'test',
    threshold: detector.manifest.thresholds.score,
    holdBytes: 1e9,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    ...more,
  });
  for (const delivery of deliveries) await delivery.end(5000);
  await journal.close();
  return events;
}

describe('runLine', () => {
  it('sets a result aside that its receiver refuses five times, over several runs, and brings those behind it', async () => {
    await fill(join(root, 'refused', 'incoming'), 1, 3);
    const { sink, got } = memorySink('gate', 1);
    let tries = 0;
    const refusing: Sink<number> = {
      ...sink,
      deliver: async (results, signal) => {
        if (results[0]?.name !== '2.png') return sink.deliver(results, signal);
        // It is not lost over refusals, whoever counts them: the process after this one goes on counting.
        if (++tries === 3) throw new Error('nobody answers');
        throw new RefusedResultError('it answered 422');
      },
    };
    const events = await run({ name: 'refused', sinks: [refusing] });
    expect(got.map(({ name }) => name)).toEqual(['1.png', '3.png']);
    expect(tries).toBe(6);
    const told = events.flatMap((event) => (event.type === 'result-refused' ? [event] : []));
    expect(told).toEqual([
      expect.objectContaining({ sink: 'gate', name: '2.png', reason: 'it answered 422' }),
    ]);
    const kept = JSON.parse(await readFile(told[0]?.path as string, 'utf8'));
    expect(kept).toMatchObject({
      name: '2.png',
      sequence: 2,
      refused: 'it answered 422',
      label: expect.anything(),
    });
  });

  it('scores each file once, as the detector does, over several runs, with those that cannot be read', async () => {
    const incoming = join(root, 'plain', 'incoming');
    await fill(incoming, 1, 3);
    await writeFile(join(incoming, '4.png'), 'no image');
    const { sink, got } = memorySink('memory');
    await run({ name: 'plain', sinks: [sink] });
    expect(got.map(({ name, sequence, number }) => [name, sequence, number])).toEqual([
      ['1.png', 1, 1],
      ['2.png', 2, 2],
      ['3.png', 3, 3],
      ['4.png', 4, 4],
    ]);
    expect(got[3]).toMatchObject({ label: null, verdict: null, score: null, error: /4\.png.*not an image/ });
    const [first] = testImages(1);
    const { score, label } = await detector.predict(first as never);
    expect(got[0]).toMatchObject({ label, verdict: label, imageSize: { width: first?.width } });
    expect(got[0]?.score).toBeCloseTo(score, 5);
    await fill(incoming, 5, 5);
    await run({ name: 'plain', sinks: [sink] });
    expect(got.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map((n) => `${got[0]?.id.slice(0, -2)}-${n}`));
  });

  it('holds results for a sink that is away, and brings them in order in a later run', async () => {
    await fill(join(root, 'away', 'incoming'), 1, 5);
    const [near, far] = [memorySink('near'), memorySink('far', 2)];
    far.state.away = true;
    const events = await run({ name: 'away', sinks: [near.sink, far.sink] });
    expect([near.got.length, far.got.length]).toEqual([5, 0]);
    expect(events.filter(({ type }) => type === 'sink-away')).toMatchObject([
      { sink: 'far', reason: 'nobody answers' },
    ]);
    far.state.away = false;
    await run({ name: 'away', sinks: [near.sink, far.sink] });
    expect(far.got.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(near.got).toHaveLength(5);
  });

  it('takes no more frames when what waits for a sink fills the budget, and goes on when it is back', async () => {
    await fill(join(root, 'budget', 'incoming'), 1, 12);
    const { sink, got, state } = memorySink('far');
    state.away = true;
    const events: LineEvent[] = [];
    const running = run({
      name: 'budget',
      sinks: [sink],
      more: { holdBytes: 500, onEvent: (event) => events.push(event) },
    });
    await expect.poll(() => events.some(({ type }) => type === 'waiting')).toBe(true);
    expect(events.filter(({ type }) => type === 'result')).toHaveLength(8);
    state.away = false;
    await running;
    expect(got.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(events.map(({ type }) => type)).toContain('going-on');
  });

  it('keeps pictures by rule and budget, and takes away those of frames that were never accepted', async () => {
    await fill(join(root, 'pictures', 'incoming'), 1, 6);
    const folder = join(root, 'pictures', 'kept');
    await mkdir(folder);
    await writeFile(join(folder, '000000009-never.png'), 'x');
    await writeFile(join(folder, 'mine.png'), 'mine');
    const pictures = await Pictures.open({ folder, every: 2, draw: (image) => image }, 0);
    const { sink, got } = memorySink('memory');
    await run({ name: 'pictures', sinks: [sink], more: { pictures } });
    expect((await readdir(folder)).sort()).toEqual([
      '000000002-2.png',
      '000000004-4.png',
      '000000006-6.png',
      'mine.png',
    ]);
    expect(got[1]?.pictureFile).toBe(join(folder, '000000002-2.png'));
    expect(got[0]).not.toHaveProperty('pictureFile');
    const small = await Pictures.open({ folder, all: true, budgetBytes: 1, draw: (image) => image }, 6);
    const [image] = testImages(1);
    const prediction = await detector.predict(image as never);
    await small.keep({ ...(got[5] as Result), sequence: 7 }, image as never, prediction);
    expect((await readdir(folder)).sort()).toEqual(['000000007-6.png', 'mine.png']);
  });

  it('moves files by verdict, overwrites nothing, and remembers no file that it moved', async () => {
    const incoming = join(root, 'moved', 'incoming');
    const done = join(root, 'moved', 'done');
    await fill(incoming, 1, 2);
    await writeFile(join(incoming, '3.png'), 'no image');
    const journal = { taken: new Map<string, string>() };
    const sink = new MoveSink({
      name: 'move',
      folder: done,
      onMoved: ({ name }) => void journal.taken.set(name, 'moved'),
    });
    const { sink: memory, got } = memorySink('memory');
    await run({ name: 'moved', sinks: [sink, memory] });
    expect(await readdir(incoming)).toEqual([]);
    const names = (await readdir(done, { recursive: true })).filter((name) => name.endsWith('.png')).sort();
    expect(names).toEqual(
      [`${got[0]?.verdict}/1.png`, `${got[1]?.verdict}/2.png`, 'unreadable/3.png'].sort(),
    );
    expect(journal.taken.size).toBe(3);
    // A second one of the same name.
    await writeFile(join(incoming, '3.png'), 'still no image');
    await run({ name: 'moved', sinks: [sink, memory] });
    expect((await readdir(join(done, 'unreadable'))).sort()).toEqual(['3-4.png', '3.png']);
    expect(await readFile(join(done, 'unreadable', '3.png'), 'utf8')).toBe('no image');
  });

  it('keeps frames where they are while no result can be kept, and says so', async () => {
    await fill(join(root, 'kept', 'incoming'), 1, 3);
    const { sink, got } = memorySink('memory');
    let tries = 0;
    const events = await run({
      name: 'kept',
      sinks: [sink],
      append: async (journal, results) => {
        if (tries++ === 0) throw new StorageError('storage-full', 'the disk is full', { retryable: true });
        expect(got).toEqual([]);
        await journal.append(results);
      },
    });
    expect(tries).toBe(2);
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['journal-failed', 'journal-back']);
    expect(got.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('tells a sink that comes back what it has missed, and gives it what is still there', async () => {
    const [always, sometimes] = [memorySink('always'), memorySink('sometimes')];
    const incoming = join(root, 'missed', 'incoming');
    const day = async (number: number, ...sinks: Sink[]) => {
      await fill(incoming, number, number);
      return run({ name: 'missed', sinks, segmentBytes: 1 });
    };
    await day(1, always.sink, sometimes.sink);
    for (let number = 2; number <= 9; number++) await day(number, always.sink);
    const events = await day(10, always.sink, sometimes.sink);
    expect(always.got).toHaveLength(10);
    const missed = events.find((event) => event.type === 'sink-missed');
    const sequences = sometimes.got.map(({ sequence }) => sequence);
    const first = 2 + (missed as { results: number }).results;
    expect(sequences).toEqual([1, ...Array.from({ length: 11 - first }, (_, i) => first + i)]);
  });

  it('goes on with the rules where the run before ended', async () => {
    const incoming = join(root, 'ruled', 'incoming');
    await fill(incoming, 1, 2);
    const { sink, got } = memorySink('memory');
    const bad: Partial<LineOptions> = {
      rules: { stop: { k: 3 } },
      score: (frames) => scoreFrames(detector, frames, { threshold: -1e9 }),
    };
    await run({ name: 'ruled', sinks: [sink], more: bad });
    await fill(incoming, 3, 3);
    await run({ name: 'ruled', sinks: [sink], more: bad });
    expect(got.map(({ alarms }) => alarms)).toEqual([[], [], ['stop']]);
  });

  it('writes to a file what it has accepted, exactly once, though a write was not kept', async () => {
    await fill(join(root, 'file', 'incoming'), 1, 4);
    const path = join(root, 'file', 'out.jsonl');
    const file = new FileSink({ name: 'file', path, format: JSON_LINES });
    let failures = 0;
    const sink: Sink = {
      name: 'file',
      maxBatch: 2,
      open: (position) => file.open(position as FilePosition | undefined),
      close: () => file.close(),
      async deliver(results) {
        const position = await file.deliver(results);
        // Written, but nobody is told: as when the process ends here.
        if (failures++ < 2) throw new Error('lost');
        return position;
      },
    };
    await run({ name: 'file', sinks: [sink] });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Result).sequence)).toEqual([1, 2, 3, 4]);
    expect(failures).toBeGreaterThan(2);
  });
});
