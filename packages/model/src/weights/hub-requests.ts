import { ConfigurationError, WeightsError } from '@cflow/spec';

export interface HubTarget {
  /** Without a slash at its end. */
  endpoint: string;
  /** `owner/name` */
  repository: string;
  revision: string;
  file: string;
}

export interface HubRequestsOptions {
  token?: string | undefined;
  fetch?: typeof fetch | undefined;
  signal?: AbortSignal | undefined;
}

/** Thrown when a server answers a request for the rest of a file with the whole of it. */
export class RangeIgnoredError extends Error {}

/**
 * The `fetch` that the hub's client is given. It sends the token to the endpoint's own origin and nowhere else (fetch
 * itself drops it when redirected to another origin), and turns every refusal into a WeightsError that says what to do.
 */
export class HubRequests {
  readonly fetch: typeof fetch;
  /** The error of the last request that failed: the client's streams pass on no more than its message. */
  failure: unknown;

  constructor(target: HubTarget, { token, signal, fetch: base = fetch }: HubRequestsOptions) {
    const { origin } = new URL(target.endpoint);
    this.fetch = async (input, init) => {
      try {
        signal?.throwIfAborted();
        const url = new URL(input instanceof Request ? input.url : input);
        const headers = new Headers(init?.headers);
        headers.delete('authorization');
        if (token && url.origin === origin) headers.set('authorization', `Bearer ${token}`);
        const response = await base(url, { ...init, headers, ...(signal && { signal }) });
        if (!response.ok) throw await refusal(response, target, token !== undefined);
        if (response.status === 200 && /^bytes=[1-9]/.test(headers.get('range') ?? '')) {
          await response.body?.cancel();
          throw new RangeIgnoredError('the server ignores Range');
        }
        return response;
      } catch (error) {
        this.failure = signal?.aborted ? signal.reason : networkError(error, target);
        throw this.failure;
      }
    };
  }
}

/** Checks an endpoint and takes the slashes off its end. @throws ConfigurationError when it is not an http(s) URL. */
export function hubEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new ConfigurationError(
      `HF_ENDPOINT must be a plain http or https address such as https://huggingface.co, got "${endpoint}"`,
    );
  }
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** How to go on without the hub; a whole sentence. */
export function byHand({ endpoint, repository, revision, file }: HubTarget): string {
  const url = `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`;
  return `To do without the hub, fetch ${url} by hand and give the file as weights.`;
}

/** A failed connection as a WeightsError; what already is one, or RangeIgnoredError, stays as it is. */
export function networkError(error: unknown, target: HubTarget): unknown {
  if (WeightsError.isInstance(error) || error instanceof RangeIgnoredError) return error;
  const code = findCode(error);
  return new WeightsError(
    `no answer from ${target.endpoint}${code ? ` (${code})` : ''} for ${target.repository}. Check the network, or set ` +
      `HF_ENDPOINT to a mirror. ${byHand(target)}`,
    { retryable: true, details: { ...target, errno: code }, cause: error },
  );
}

async function refusal(response: Response, target: HubTarget, hasToken: boolean): Promise<WeightsError> {
  const { status } = response;
  const hubCode = response.headers.get('x-error-code') ?? undefined;
  await response.body?.cancel();
  const { endpoint, repository, revision, file } = target;
  const token = hasToken
    ? 'the token that was given does not allow it'
    : 'set HF_TOKEN to a token that may read it';
  let problem: string;
  if (status === 404 && hubCode === 'EntryNotFound') {
    problem = `${repository} has no file ${file} at revision ${revision}; only repositories with safetensors weights can be used`;
  } else if (status === 404 && hubCode === 'RevisionNotFound') {
    problem = `${repository} has no revision ${revision}`;
  } else if (status === 404) {
    problem = `there is no repository ${repository} on ${endpoint}: check the spelling of the timm name, such as resnet18.a1_in1k`;
  } else if (status === 403 || hubCode === 'GatedRepo') {
    problem = `${repository} is gated: accept its terms on ${endpoint}/${repository}; ${token}`;
  } else if (status === 401) {
    problem = `${repository} does not exist on ${endpoint}, or is private (the hub answers both alike): check the spelling; if it is private, ${token}`;
  } else {
    problem = `${endpoint} answered with status ${status} for ${repository}`;
  }
  return new WeightsError(`${problem}. ${byHand(target)}`, {
    retryable: status === 429 || status >= 500,
    details: { ...target, status, hubCode },
  });
}

function findCode(error: unknown): string | undefined {
  for (let e = error; typeof e === 'object' && e !== null; e = (e as { cause?: unknown }).cause) {
    const { code } = e as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}
