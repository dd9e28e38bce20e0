import type { Comparison } from '@cflow/spec';

/** Differences of the AUROC below this are noise. */
const LEAST_AUROC = 0.005;

/**
 * What two versions on the same pictures say of which to use: fewer mistakes of one kind and no more of the other decide; where
 * the mistakes are as many, the AUROC does.
 */
export function proposalFor(
  found: Pick<Comparison, 'good' | 'bad' | 'old' | 'new'>,
): Pick<Comparison, 'proposal' | 'reason'> {
  const { good, bad, old, new: next } = found;
  if (good + bad === 0) {
    return {
      proposal: 'unknown',
      reason:
        'there are no pictures to compare on; mark some as good and bad, with their images kept, and train again',
    };
  }
  const alarms = next.falseAlarms - old.falseAlarms;
  const missed = old.found - next.found;
  // Kinds of parts that do not occur are not mentioned.
  const figures = [
    bad > 0 && `${next.found} of ${bad} bad parts found instead of ${old.found}`,
    good > 0 && `${next.falseAlarms} of ${good} good parts called bad instead of ${old.falseAlarms}`,
  ]
    .filter((each) => each !== false)
    .join(', ');
  if (alarms !== 0 || missed !== 0) {
    if (alarms <= 0 && missed <= 0) return { proposal: 'promote', reason: `fewer mistakes: ${figures}` };
    if (alarms >= 0 && missed >= 0) return { proposal: 'keep', reason: `more mistakes: ${figures}` };
    return { proposal: 'weigh', reason: `better in one way and worse in another: ${figures}` };
  }
  const gain = (next.imageAuroc ?? 0) - (old.imageAuroc ?? 0);
  const ranks = `AUROC ${next.imageAuroc?.toFixed(3)} instead of ${old.imageAuroc?.toFixed(3)}`;
  if (gain > LEAST_AUROC) {
    return { proposal: 'promote', reason: `as many mistakes, and good and bad lie further apart: ${ranks}` };
  }
  if (gain < -LEAST_AUROC) {
    return { proposal: 'keep', reason: `as many mistakes, and good and bad lie closer together: ${ranks}` };
  }
  return { proposal: 'keep', reason: `no difference that counts: ${figures}` };
}
