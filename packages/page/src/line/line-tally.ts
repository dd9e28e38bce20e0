import { applyRules, NO_FRAMES_YET, type RuleAlarm, type RuleState, type Rules } from '@cflow/line/rules';

/** Number of parts that are shown one by one. */
const SHOWN = 20;

export interface TalliedPart {
  number: number;
  verdict: 'good' | 'bad';
  /** Milliseconds since 1970. */
  time: number;
}

/** What a line counts, by rules over its parts in their order. */
export class LineTally {
  readonly rules: Rules;
  #state: RuleState = NO_FRAMES_YET;
  good = 0;
  bad = 0;
  /** Newest first. */
  last: readonly TalliedPart[] = [];
  alarms: readonly RuleAlarm[] = [];

  constructor(rules: Rules) {
    this.rules = rules;
  }

  get parts(): number {
    return this.good + this.bad;
  }

  add(part: { label: 'good' | 'bad'; falseAlarmProbability: number }, time: number): TalliedPart {
    const { state, ruling } = applyRules(this.rules, this.#state, { ...part, time });
    this.#state = state;
    this[ruling.verdict]++;
    this.alarms = ruling.alarms;
    const tallied = { number: this.parts, verdict: ruling.verdict, time };
    this.last = [tallied, ...this.last].slice(0, SHOWN);
    return tallied;
  }

  /** Somebody has looked: the rules start over. */
  goOn(): void {
    this.#state = NO_FRAMES_YET;
    this.alarms = [];
  }
}

/** The rules from a form; those that change nothing are left out. */
export function rulesOf({ n, m, hold, stop }: { n: number; m: number; hold: number; stop: number }): Rules {
  return {
    ...((n > 1 || m > 1) && { nOfM: { n: Math.min(n, m), m } }),
    ...(hold > 0 && { hold: { milliseconds: hold * 1000 } }),
    ...(stop > 0 && { stop: { k: stop } }),
  };
}

/** The rules in words. */
export function ruleWords({ nOfM, hold, stop }: Rules): string {
  return [
    nOfM ? `NG when ${nOfM.n} of the last ${nOfM.m} are` : 'each part for itself',
    ...(hold ? [`NG held for ${hold.milliseconds / 1000} s`] : []),
    ...(stop ? [`stop after ${stop.k} NG in a row`] : []),
  ].join(' · ');
}
