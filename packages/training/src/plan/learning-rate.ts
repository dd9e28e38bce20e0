/**
 * Learning rate by step. `step` counts optimizer steps of one decoder from 0, `total` is how many there will be.
 * - `constant`: as anomalib.
 * - `cosine`: linear warm-up over a share of the steps, then half a cosine down to a share of the rate.
 * - `paper`: the CFLOW-AD code's: constant within a meta-epoch of `subEpochs` epochs, cosine over meta-epochs down to
 *   a thousandth, and a linear warm-up per batch from a tenth over the first `warmupEpochs` meta-epochs.
 */
export type Schedule =
  | { kind: 'constant' }
  | { kind: 'cosine'; warmup: number; final: number }
  | { kind: 'paper'; subEpochs: number; warmupEpochs: number };

export interface SchedulePlace {
  /** Steps taken before this one, over all epochs. */
  step: number;
  /** Steps that all epochs together will take. */
  totalSteps: number;
  epoch: number;
  epochs: number;
  /** Batch of images within the epoch, and how many an epoch has. */
  batch: number;
  batches: number;
}

/**
 * The learning rate of one optimizer step.
 * @param rate the one that the schedule is a multiple of
 */
export function learningRate(schedule: Schedule, rate: number, place: SchedulePlace): number {
  switch (schedule.kind) {
    case 'constant':
      return rate;
    case 'cosine': {
      const { step, totalSteps } = place;
      const warm = Math.round(schedule.warmup * totalSteps);
      if (step < warm) return (rate * (step + 1)) / (warm + 1);
      const progress = totalSteps > warm ? (step - warm) / (totalSteps - warm) : 1;
      return rate * (schedule.final + ((1 - schedule.final) * (1 + Math.cos(Math.PI * progress))) / 2);
    }
    case 'paper': {
      const { subEpochs, warmupEpochs } = schedule;
      const metaEpochs = Math.max(1, Math.ceil(place.epochs / subEpochs));
      const lowest = rate * 1e-3;
      const cosine = (metaEpoch: number): number =>
        lowest + ((rate - lowest) * (1 + Math.cos((Math.PI * metaEpoch) / metaEpochs))) / 2;
      const metaEpoch = Math.floor(place.epoch / subEpochs);
      if (metaEpoch >= warmupEpochs) return cosine(metaEpoch);
      const perMeta = place.batches * subEpochs;
      const batch = (place.epoch % subEpochs) * place.batches + place.batch;
      const progress = (batch + metaEpoch * perMeta) / (warmupEpochs * perMeta);
      const from = rate / 10;
      return from + progress * (cosine(warmupEpochs) - from);
    }
    default:
      return schedule satisfies never;
  }
}
