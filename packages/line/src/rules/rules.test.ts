import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drift, driftFalseAlarmRate } from './drift.js';
import { hold } from './hold.js';
import { nOfM } from './n-of-m.js';
import { parseRules } from './parse-rule.js';
import { applyRules, NO_FRAMES_YET, type Observation, type Rules } from './rules.js';
import { stopAfter } from './stop-after.js';

/** Verdicts and alarms of labels written as letters, a second apart. */
function run(rules: Rules, labels: string, probabilities: readonly number[] = []): string[] {
  let state = NO_FRAMES_YET;
  return [...labels].map((letter, i) => {
    const observation: Observation = {
      label: letter === 'b' ? 'bad' : 'good',
      falseAlarmProbability: probabilities[i] ?? 0.5,
      time: i * 1000,
    };
    const next = applyRules(rules, state, observation);
    state = next.state;
    return next.ruling.verdict[0] + next.ruling.alarms.map((alarm) => `!${alarm}`).join('');
  });
}

describe('rules', () => {
  it('are the label where there are none', () => {
    expect(run({}, 'gbbg').join('')).toBe('gbbg');
  });

  it('2 of 3 leaves a single bad frame out', () => {
    expect(run({ nOfM: { n: 2, m: 3 } }, 'bgggbgbggbbg').join('')).toBe('ggggggbgggbb');
  });

  it('n of m is what counting says, for any labels', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (labels, m) => {
        const n = Math.ceil(m / 2);
        let window: boolean[] = [];
        for (const [i, each] of labels.entries()) {
          const step = nOfM({ n, m }, window, each);
          window = step.window;
          const last = labels.slice(Math.max(0, i + 1 - m), i + 1);
          expect(step.bad).toBe(last.filter(Boolean).length >= n);
          expect(window.length).toBeLessThanOrEqual(m);
        }
      }),
    );
  });

  it('holds what is bad from the last bad frame on, and no longer', () => {
    expect(run({ hold: { milliseconds: 2500 } }, 'gbgggggbbggg').join('')).toBe('gbbbgggbbbbg');
    expect(hold({ milliseconds: 10 }, undefined, false, 5)).toEqual({ until: undefined, bad: false });
    expect(hold({ milliseconds: 10 }, 15, false, 15)).toEqual({ until: undefined, bad: false });
  });

  it('stops from the k-th bad frame in a row until a good one', () => {
    expect(run({ stop: { k: 3 } }, 'bbgbbbbg')).toEqual(['b', 'b', 'g', 'b', 'b', 'b!stop', 'b!stop', 'g']);
    expect(stopAfter({ k: 1 }, 0, true)).toEqual({ run: 1, stop: true });
  });

  it('counts labels for the stop, whatever is held', () => {
    expect(run({ stop: { k: 2 }, hold: { milliseconds: 9000 } }, 'bgb')).toEqual(['b', 'b', 'b']);
  });

  it('calls it a drift when the median falls, not when a few parts are bad', () => {
    const rule = { median: 0.2, m: 10 };
    const few = [0.6, 0.001, 0.7, 0.4, 0.001, 0.9, 0.3, 0.5, 0.001, 0.8, 0.6];
    expect(run({ drift: rule }, 'g'.repeat(11), few).join('')).toBe('g'.repeat(11));
    const fading = [...few, ...Array.from({ length: 10 }, () => 0.1)];
    const alarms = run({ drift: rule }, 'g'.repeat(21), fading);
    expect(alarms.at(-1)).toBe('g!drift');
    expect(alarms.slice(0, 12).join('')).toBe('g'.repeat(12));
    expect(drift(rule, [0.01], 0.01).drift).toBe(false);
  });

  it('knows how rarely the drift alarm is wrong', () => {
    // By simulation, with a generator that is always the same.
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    const rule = { median: 0.35, m: 11 };
    let alarms = 0;
    for (let i = 0; i < 20_000; i++) {
      const values = Array.from({ length: rule.m }, random);
      if (drift(rule, values.slice(0, -1), values.at(-1) as number).drift) alarms++;
    }
    expect(alarms / 20_000).toBeCloseTo(driftFalseAlarmRate(rule), 2);
    expect(driftFalseAlarmRate({ median: 0.2, m: 50 })).toBeLessThan(1e-6);
    expect(driftFalseAlarmRate({ median: 0.2, m: 50 })).toBeGreaterThan(0);
  });
});

describe('parseRules', () => {
  it('reads each kind', () => {
    expect(parseRules(['2of3', 'hold:1.5s', 'stop:4', 'drift'])).toEqual({
      nOfM: { n: 2, m: 3 },
      hold: { milliseconds: 1500 },
      stop: { k: 4 },
      drift: { median: 0.2, m: 50 },
    });
    expect(parseRules(['drift:0.1/20', 'hold:2min'])).toEqual({
      drift: { median: 0.1, m: 20 },
      hold: { milliseconds: 120_000 },
    });
  });

  it.each([
    ['4of3'],
    ['0of3'],
    ['hold:5'],
    ['hold:0s'],
    ['stop:0'],
    ['drift:0.7/50'],
    ['nonsense'],
    ['2of3', '3of4'],
  ])('refuses %s and says what it expects', (...texts) => {
    expect(() => parseRules(texts)).toThrow(/expected 2of3|give it once/);
  });
});
