import autocannon from 'autocannon';

/** What came of a load. */
export interface Load {
  /** Images answered with a score, and refused at once (429), per second. */
  accepted: number;
  refused: number;
  /** Any other answer, or none. */
  failed: number;
  /** Milliseconds until the answer of accepted requests, 99th percentile. */
  p99: number;
  /** Milliseconds until the answer of refused requests, 99th percentile. */
  refusedP99: number;
}

export interface LoadOptions {
  url: string;
  image: Uint8Array;
  seconds: number;
  connections: number;
  /** Requests per second that are offered whatever the answers; left out: as many as are answered. */
  rate?: number;
}

/** One image per request, on connections that stay open. */
export async function offerLoad({ url, image, seconds, connections, rate }: LoadOptions): Promise<Load> {
  const accepted: number[] = [];
  const refused: number[] = [];
  const started = performance.now();
  let failed = 0;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `${url}/v1/detectors/wood/predict?regions=false`,
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.from(image),
        duration: seconds,
        connections,
        timeout: 60,
        ...(rate !== undefined && { overallRate: Math.max(1, Math.round(rate)) }),
      },
      (error, done) => (error ? reject(error as Error) : resolve(done)),
    );
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      if (status === 200) accepted.push(milliseconds);
      else if (status === 429) refused.push(milliseconds);
      else failed++;
    });
  });
  const elapsed = (performance.now() - started) / 1000;
  return {
    accepted: accepted.length / elapsed,
    refused: refused.length / elapsed,
    failed: failed + result.errors,
    p99: percentile(accepted, 0.99),
    refusedP99: percentile(refused, 0.99),
  };
}

function percentile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
}
