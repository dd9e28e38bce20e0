import { ConfigurationError } from '@cflow/spec';
import { incompleteBeta } from './incomplete-beta.js';

/**
 * Exact confidence interval of a rate (Clopper and Pearson, 1934): the rates under which the observed count, or one
 * further out, has at least the probability (1 - confidence) / 2 on either side.
 *
 * @param falseAlarms Good images that raised an alarm, 0 to `images`.
 * @param images Good images that were scored, at least 1.
 * @param confidence In (0, 1). Default 0.95.
 * @returns Lower and upper end, each in [0, 1].
 * @throws ConfigurationError when an argument is out of range.
 */
export function falseAlarmRateInterval(
  falseAlarms: number,
  images: number,
  confidence = 0.95,
): [lower: number, upper: number] {
  const counts = Number.isInteger(falseAlarms) && Number.isInteger(images);
  if (
    !(counts && images >= 1 && falseAlarms >= 0 && falseAlarms <= images && confidence > 0 && confidence < 1)
  ) {
    throw new ConfigurationError(
      'expected 0 <= falseAlarms <= images with at least one image, and a confidence in (0, 1), ' +
        `got ${falseAlarms} of ${images} and ${confidence}`,
    );
  }
  const outside = (1 - confidence) / 2;
  // P(X >= k) = I_p(k, n - k + 1) and P(X <= k) = I_(1-p)(n - k, k + 1) for X binomial with n trials of rate p.
  return [
    falseAlarms === 0 ? 0 : rise((p) => incompleteBeta(p, falseAlarms, images - falseAlarms + 1), outside),
    falseAlarms === images
      ? 1
      : 1 - rise((q) => incompleteBeta(q, images - falseAlarms, falseAlarms + 1), outside),
  ];
}

/** Where a rising function on [0, 1] reaches `target`, to the last bit that bisection can tell. */
function rise(f: (p: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (f(middle) < target) low = middle;
    else high = middle;
  }
}
