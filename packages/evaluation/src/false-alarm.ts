import { ConfigurationError, DataSetError, type ScoreCalibration } from '@cflow/spec';

/**
 * Probability that a good image scores at least `score`, in (0, 1]: continuous, and strictly falling as far as doubles
 * can tell. See {@link calibrate} for its making. Below the lowest knot it approaches 1 exponentially.
 *
 * @throws DataSetError when the score is NaN.
 */
export function falseAlarmProbability(calibration: ScoreCalibration, score: number): number {
  if (Number.isNaN(score)) {
    throw new DataSetError(
      'a score that is not a number has no false-alarm probability; check the anomaly map',
    );
  }
  const { scores, probabilities, lowerScale, tail } = calibration;
  const last = scores.length - 1;
  const first = scores[0]!;
  if (score < first) return 1 - (1 - probabilities[0]!) * Math.exp((score - first) / lowerScale);
  if (score >= scores[last]!) {
    const { exceedances, meanExcess } = tail;
    const excess = (score - scores[last]!) / (exceedances * meanExcess);
    // exp and log1p keep the digits of (1 + x) ** -k for a tiny x and a large k.
    const survival = Math.exp(-exceedances * Math.log1p(excess));
    return Math.max(probabilities[last]! * survival, Number.MIN_VALUE);
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (scores[middle]! <= score) low = middle;
    else high = middle;
  }
  const share = (score - scores[low]!) / (scores[high]! - scores[low]!);
  return probabilities[low]! + share * (probabilities[high]! - probabilities[low]!);
}

/**
 * The score that a good image reaches with probability `rate`: the inverse of {@link falseAlarmProbability}. Calling
 * everything at or above it bad raises a false alarm on this share of good images.
 *
 * @param rate In (0, 1), e.g. 0.01 for one good image in a hundred.
 * @throws ConfigurationError when the rate is out of range.
 */
export function thresholdForFalseAlarmRate(calibration: ScoreCalibration, rate: number): number {
  if (!(rate > 0 && rate < 1)) {
    throw new ConfigurationError(`expected a false-alarm rate above 0 and below 1, got ${rate}`);
  }
  const { scores, probabilities, lowerScale, tail } = calibration;
  const last = scores.length - 1;
  if (rate > probabilities[0]!)
    return scores[0]! + lowerScale * Math.log((1 - rate) / (1 - probabilities[0]!));
  if (rate <= probabilities[last]!) {
    const { exceedances, meanExcess } = tail;
    return (
      scores[last]! +
      exceedances * meanExcess * Math.expm1(Math.log(probabilities[last]! / rate) / exceedances)
    );
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (probabilities[middle]! >= rate) low = middle;
    else high = middle;
  }
  const share = (probabilities[low]! - rate) / (probabilities[low]! - probabilities[high]!);
  return scores[low]! + share * (scores[high]! - scores[low]!);
}
