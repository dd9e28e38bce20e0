import { CflowError, type Span, type SpanAttributes, type StartTrace } from '@cflow/spec';
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

/** Traces by a tracer of OpenTelemetry. What a span is a part of is handed on by hand: nothing depends on where it is called. */
export function startTraceWith(tracer: Tracer): StartTrace {
  return (name, { parent, answers, attributes, at = performance.now() } = {}) => {
    const found = parent === undefined ? null : parseTraceParent(parent);
    const context = found ? trace.setSpanContext(ROOT_CONTEXT, { ...found, isRemote: true }) : ROOT_CONTEXT;
    const kind = answers ? SpanKind.SERVER : SpanKind.INTERNAL;
    // One for all parts: OpenTelemetry would ask the wall clock for each, whose milliseconds are longer than many of them.
    const epoch = Date.now() - performance.now();
    const options = { kind, startTime: epoch + at, ...(attributes && { attributes }) };
    return new RecordedSpan(tracer, tracer.startSpan(name, options, context), epoch);
  };
}

class RecordedSpan implements Span {
  readonly #tracer: Tracer;
  readonly #span: OtelSpan;
  /** Milliseconds since 1970 when the clock of `performance` was at zero. */
  readonly #epoch: number;
  #within: Context | undefined;

  constructor(tracer: Tracer, span: OtelSpan, epoch: number) {
    this.#tracer = tracer;
    this.#span = span;
    this.#epoch = epoch;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  begin(
    name: string,
    {
      attributes,
      at = performance.now(),
    }: { attributes?: SpanAttributes | undefined; at?: number | undefined } = {},
  ): Span {
    // Of what is not sampled the parts are not, either.
    if (!this.#span.isRecording() && (this.#span.spanContext().traceFlags & 1) === 0) return this;
    this.#within ??= trace.setSpan(ROOT_CONTEXT, this.#span);
    const options = { startTime: this.#epoch + at, ...(attributes && { attributes }) };
    const span = this.#tracer.startSpan(name, options, this.#within);
    return new RecordedSpan(this.#tracer, span, this.#epoch);
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  end({ at = performance.now(), error }: { at?: number | undefined; error?: unknown } = {}): void {
    if (error !== undefined) {
      // Not its message, which may quote what a stranger sent.
      const type = CflowError.isInstance(error) ? error.code : error instanceof Error ? error.name : 'error';
      this.#span.setAttribute('error.type', type);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(this.#epoch + at);
  }
}
