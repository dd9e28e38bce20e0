import { describe, expect, it } from 'vitest';
import { type AdviceFacts, adviceOf } from './advice.js';

interface Given {
  found?: number | null;
  alarms?: number;
  located?: number;
  backbone?: string;
  train?: number;
  rate?: number;
  f1?: number | null;
  picture?: [number, number];
  tested?: [good: number, bad: number];
  /** Shares found when 1, 2, 5 and 10 % false alarms are promised. */
  would?: number[];
}

/** Facts of a run on 60 good images, tested on 50 good and 100 bad ones. */
function facts({
  found = 0.98,
  alarms = 0,
  located,
  backbone = 'resnet18',
  train = 200,
  rate = 0.01,
  f1 = null,
  picture,
  tested: [goodImages, badImages] = [50, 100],
  would,
}: Given = {}) {
  const metrics =
    found === null
      ? null
      : {
          goodImages,
          badImages,
          detectionRate: found,
          falseAlarmRate: alarms,
          locationRate: located ?? found,
          f1: 0.9,
          ...(would && {
            operatingPoints: would.map((share, i) => ({
              promised: [0.01, 0.02, 0.05, 0.1][i],
              threshold: 5 - i,
              falseAlarmRate: 0,
              detectionRate: share,
            })),
          }),
        };
  return {
    metrics,
    configuration: { backbone, inputSize: [256, 256] },
    provenance: { trainImages: train, validationImages: 0 },
    thresholds: { score: 5, f1, falseAlarmRate: rate },
    calibration: { score: { count: train } },
    largestPicture: picture,
  } as unknown as AdviceFacts;
}
const kinds = (given: Given): string[] => adviceOf(facts(given)).steps.map(({ kind }) => kind);

describe('adviceOf', () => {
  it('says in a sentence what was measured', () => {
    expect(adviceOf(facts())).toEqual({
      rating: 'good',
      verdict: 'Good: finds 98 of 100 bad parts and calls 0 of 50 good ones bad.',
      steps: [],
    });
    expect(adviceOf(facts({ found: 0.26 }))).toMatchObject({
      rating: 'weak',
      verdict: 'Weak: finds 26 of 100 bad parts and calls 0 of 50 good ones bad; do not rely on it yet.',
    });
    expect(adviceOf(facts({ found: 0.85 })).rating).toBe('fair');
    // Whoever calls everything bad finds everything.
    expect(adviceOf(facts({ found: 1, alarms: 0.5 })).rating).toBe('fair');
    expect(adviceOf(facts({ found: null }))).toMatchObject({
      rating: 'unmeasured',
      steps: [{ kind: 'measure' }],
    });
  });

  it('calls nothing good that few pictures show', () => {
    expect(adviceOf(facts({ tested: [1, 4], found: 1 }))).toEqual({
      rating: 'fair',
      verdict:
        'Fair: finds 4 of 4 bad parts and calls 0 of 1 good one bad; these are too few pictures to be sure.',
      steps: [
        {
          kind: 'measure',
          text: 'Add pictures to test on: 1 good one and 4 bad ones say little; 10 of each are the least, and 50 say much more.',
        },
      ],
    });
    expect(adviceOf(facts({ tested: [10, 10], found: 1 })).rating).toBe('good');
    expect(adviceOf(facts({ tested: [9, 100], found: 0.5 })).rating).toBe('weak');
  });

  it('tells what is found for the wrong reason apart', () => {
    const { steps } = adviceOf(facts({ found: 0.96, located: 0.5 }));
    expect(steps).toEqual([
      { kind: 'wrong-place', text: expect.stringContaining('only 50 % are marked where') },
    ]);
    expect(kinds({ found: 0.96, located: 0.9 })).toEqual([]);
  });

  it('names each reason that the facts give, and no other', () => {
    expect(kinds({ train: 20 })).toEqual(['few-images']);
    expect(kinds({ found: 0.3, picture: [1600, 1200] })).toEqual(['small-defects']);
    // As much larger as photographs were on which more pixels found no more.
    expect(kinds({ found: 0.3, picture: [640, 480] })).toEqual([]);
    expect(kinds({ found: 0.96, picture: [1600, 1200] })).toEqual([]);
    expect(kinds({ found: 0.3, backbone: 'embedded' })).toEqual(['backbone']);
    // The smallest is no reason where it is enough.
    expect(kinds({ backbone: 'embedded' })).toEqual([]);
    expect(kinds({ found: 0.3, f1: 4 })).toEqual(['threshold']);
    expect(kinds({ found: 0.3, f1: 6 })).toEqual([]);
    expect(kinds({ rate: 0.024 })).toEqual(['few-held-out']);
  });

  it('says what more false alarms would find, where that is much more', () => {
    expect(adviceOf(facts({ found: 0.36, would: [0.36, 0.43, 0.6, 0.72], f1: 4 })).steps).toEqual([
      {
        kind: 'threshold',
        text:
          'Decide how many false alarms you can accept: calling 1 % of the good parts bad finds 36 of 100 bad ones, calling 2 % finds 43, 5 % finds 60, 10 % finds 72 ' +
          '(--false-alarm-rate, or under Detectors on the page).',
      },
    ]);
    expect(kinds({ found: 0.36, would: [0.36, 0.36, 0.4, 0.44] })).toEqual([]);
    // A set that can vouch for 6 % alone, whatever was counted for less.
    expect(adviceOf(facts({ found: 0.5, rate: 0.06, would: [0.2, 0.3, 0.45, 0.7] })).steps[0]?.text).toMatch(
      /: calling 6 % of the good parts bad finds 50 of 100 bad ones, calling 10 % finds 70 \(/,
    );
    expect(kinds({ found: 0.96, would: [0.96, 1, 1, 1] })).toEqual([]);
  });

  it('gives three steps at most, what helps most first', () => {
    expect(
      kinds({
        found: 0.26,
        located: 0.1,
        train: 20,
        picture: [2000, 2000],
        backbone: 'embedded',
        rate: 0.05,
        f1: 4,
      }),
    ).toEqual(['wrong-place', 'few-images', 'backbone']);
  });
});
