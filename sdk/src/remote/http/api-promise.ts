/** An answer with what came around it. */
export interface WithResponse<T> {
  data: T;
  /** The last response; its body has been read, unless `data` is a stream. */
  response: Response;
  /** The service's id of the request. */
  requestId: string | undefined;
}

/** A promise of the answer's data that can also give the response. The call is made at once. */
export class ApiPromise<T> extends Promise<T> {
  readonly #answer: Promise<WithResponse<T>>;

  constructor(answer: Promise<WithResponse<T>>) {
    // Its own value is never seen: `then` and its kin wait for the answer.
    super((resolve) => resolve(undefined as never));
    this.#answer = answer;
  }

  /** What `catch` and `finally` make of it are plain promises, as what `then` makes. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** The data and the response: its status and headers. */
  withResponse(): Promise<WithResponse<T>> {
    return this.#answer;
  }

  /** The same call with its data changed. */
  map<U>(change: (data: T) => U | Promise<U>): ApiPromise<U> {
    return new ApiPromise(
      this.#answer.then(async ({ data, ...rest }) => ({ ...rest, data: await change(data) })),
    );
  }

  // biome-ignore lint/suspicious/noThenProperty: a promise has one
  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answer.then(({ data }) => data).then(onfulfilled, onrejected);
  }
}
