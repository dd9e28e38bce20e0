/** What is said of a stretch of work; names as OpenTelemetry's conventions have them, or below `cflow.`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  attributes?: SpanAttributes | undefined;
  /** When it began, in milliseconds of `performance.now()`. Default: now. */
  at?: number | undefined;
}

/** A stretch of work that is a part of a trace. Must not throw, whatever becomes of what it records. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** As the header `traceparent` of W3C Trace Context names it to others. */
  readonly traceparent: string;
  /** A part of it begins. */
  begin(name: string, options?: SpanOptions): Span;
  /** For what is known only when it is over. */
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** It is over, at `at` milliseconds of `performance.now()`; with an error when it failed. */
  end(options?: { at?: number | undefined; error?: unknown }): void;
}

export interface TraceOptions extends SpanOptions {
  /** A header `traceparent`: what it is a part of elsewhere. A malformed one is ignored. */
  parent?: string | undefined;
  /** Whether somebody elsewhere waits for it. Default false. */
  answers?: boolean | undefined;
}

/** Begins a trace, or a part of one that has begun elsewhere. */
export type StartTrace = (name: string, options?: TraceOptions) => Span;
