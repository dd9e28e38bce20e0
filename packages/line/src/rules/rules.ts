import { type Drift, drift } from './drift.js';
import { type Hold, hold } from './hold.js';
import { type NOfM, nOfM } from './n-of-m.js';
import { type StopAfter, stopAfter } from './stop-after.js';

export type RuleAlarm = 'stop' | 'drift';

/** What is made of frames in their order. Each is optional. */
export interface Rules {
  nOfM?: NOfM;
  hold?: Hold;
  stop?: StopAfter;
  drift?: Drift;
}

/** What rules look at. */
export interface Observation {
  label: 'good' | 'bad';
  falseAlarmProbability: number;
  /** Milliseconds since 1970. */
  time: number;
}

/** What they remember; plain data. */
export interface RuleState {
  window: boolean[];
  until: number | undefined;
  run: number;
  probabilities: number[];
}

export interface Ruling {
  verdict: 'good' | 'bad';
  alarms: RuleAlarm[];
}

export const NO_FRAMES_YET: RuleState = { window: [], until: undefined, run: 0, probabilities: [] };

/**
 * One frame more: the verdict is the label, then that of n of the last m, then what is held. The stop counts labels, the
 * drift false-alarm probabilities. A function of its arguments alone.
 */
export function applyRules(
  rules: Rules,
  state: RuleState,
  { label, falseAlarmProbability, time }: Observation,
): { state: RuleState; ruling: Ruling } {
  const next: RuleState = { ...state };
  const isBad = label === 'bad';
  let bad = isBad;
  const alarms: RuleAlarm[] = [];
  if (rules.nOfM) ({ window: next.window, bad } = nOfM(rules.nOfM, state.window, bad));
  if (rules.hold) ({ until: next.until, bad } = hold(rules.hold, state.until, bad, time));
  if (rules.stop) {
    const { run, stop } = stopAfter(rules.stop, state.run, isBad);
    next.run = run;
    if (stop) alarms.push('stop');
  }
  if (rules.drift) {
    const drifted = drift(rules.drift, state.probabilities, falseAlarmProbability);
    next.probabilities = drifted.window;
    if (drifted.drift) alarms.push('drift');
  }
  return { state: next, ruling: { verdict: bad ? 'bad' : 'good', alarms } };
}

/** Frames back that have a say in what comes next; those of a hold are not known, and are taken to be these. */
export function framesBehind({ nOfM: of, hold: held, stop, drift: drifted }: Rules): number {
  return Math.max(of?.m ?? 0, stop?.k ?? 0, drifted?.m ?? 0, held ? 1000 : 0);
}
