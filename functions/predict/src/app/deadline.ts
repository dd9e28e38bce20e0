/** When the answer to a request is due. */
export interface Deadline {
  /** Aborts when the time is over, with a ProblemError as reason, and when the client has gone. */
  readonly signal: AbortSignal;
  /** Rejects when the time is over. */
  readonly expired: Promise<never>;
  /** Whether the body is still arriving: then it is the client that is late. */
  readingBody: boolean;
  /** For uploads and streams: there is no deadline, only a client that may go. */
  lift(): void;
}
