import { describe, expect, it } from 'vitest';
import { type FilmEvent, FilmEvents, type FilmFrame } from './film-events.js';

const frame = (number: number, score: number): FilmFrame => ({
  number,
  seconds: number / 10,
  image: { width: 1, height: 1, data: new Uint8Array(3) },
  prediction: {
    score,
    label: score >= 2 ? 'bad' : 'good',
    falseAlarmProbability: 0.5,
    threshold: 2,
    pixelThreshold: 2,
    original: { width: 1, height: 1 },
    regions: [],
    map: { width: 1, height: 1, data: new Float32Array(1) },
  },
});

function eventsOf(scores: readonly number[], gapSeconds: number): FilmEvent[] {
  const events = new FilmEvents({ gapSeconds });
  const found = scores.map((score, i) => events.add(frame(i + 1, score)));
  return [...found, events.finish()].filter((each) => each !== undefined);
}

describe('FilmEvents', () => {
  it('knows where bad frames begin and end, and which is the worst', () => {
    const found = eventsOf([1, 2, 5, 3, 1, 1, 1, 4, 1], 0.15);
    expect(
      found.map(({ event, start, end, peak, frames }) => [
        event,
        start.frame,
        end.frame,
        peak.number,
        frames,
      ]),
    ).toEqual([
      [1, 2, 4, 3, 3],
      [2, 8, 8, 8, 1],
    ]);
    expect(found[0]?.end).toEqual({ frame: 4, seconds: 0.4 });
  });

  it('makes one of those with a short gap between them', () => {
    const scores = [3, 1, 1, 3, 1, 1, 1, 3];
    expect(eventsOf(scores, 0.31).map(({ start, end, frames }) => [start.frame, end.frame, frames])).toEqual([
      [1, 4, 2],
      [8, 8, 1],
    ]);
    expect(eventsOf(scores, 0.05)).toHaveLength(3);
    expect(eventsOf(scores, 9)).toHaveLength(1);
    expect(eventsOf([1, 1], 1)).toEqual([]);
  });
});
