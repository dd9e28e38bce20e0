// Loaded only where metrics are sent.
import { withoutSecrets } from '@cflow/line';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WatchEvent } from './watch-printer.js';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of a line, from its events. */
export interface WatchMetrics {
  readonly registry: Registry;
  event(event: WatchEvent): void;
  delivered(sink: string, results: number): void;
  /** Read on request: frames that were dropped, results that each sink has not received. */
  watch(dropped: () => number, sinks: readonly { name: string; waiting: () => number }[]): void;
}

export function createWatchMetrics(): WatchMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const frames = new Counter({
    name: 'cflow_line_frames_total',
    help: 'Frames by verdict',
    labelNames: ['verdict'],
    registers,
  });
  const alarms = new Counter({
    name: 'cflow_line_alarms_total',
    help: 'Frames with an alarm of the rules',
    labelNames: ['alarm'],
    registers,
  });
  const took = new Histogram({
    name: 'cflow_line_frame_seconds',
    help: 'From when a frame was there until its result was accepted',
    buckets: SECONDS,
    registers,
  });
  const delivered = new Counter({
    name: 'cflow_line_delivered_total',
    help: 'Results that sinks have got',
    labelNames: ['sink'],
    registers,
  });
  const lost = new Counter({
    name: 'cflow_line_source_losses_total',
    help: 'Times that the source was lost',
    registers,
  });
  const refused = new Counter({
    name: 'cflow_line_refused_total',
    help: 'Results that a sink would not have',
    labelNames: ['sink'],
    registers,
  });
  return {
    registry,
    event(event) {
      if (event.type === 'result-refused') refused.inc({ sink: withoutSecrets(event.sink) });
      if (event.type === 'source-lost') lost.inc();
      if (event.type !== 'result') return;
      const { result, milliseconds } = event;
      frames.inc({ verdict: result.verdict ?? 'unreadable' });
      for (const alarm of result.alarms) alarms.inc({ alarm });
      took.observe(milliseconds / 1000);
    },
    delivered: (sink, results) => delivered.inc({ sink: withoutSecrets(sink) }, results),
    watch(dropped, sinks) {
      new Counter({
        name: 'cflow_line_frames_dropped_total',
        help: 'Frames that were dropped since they came faster than they were scored',
        registers,
        collect() {
          this.reset();
          this.inc(dropped());
        },
      });
      new Gauge({
        name: 'cflow_line_waiting_results',
        help: 'Results that a sink has not got',
        labelNames: ['sink'],
        registers,
        collect() {
          for (const { name, waiting } of sinks) this.set({ sink: withoutSecrets(name) }, waiting());
        },
      });
    },
  };
}
