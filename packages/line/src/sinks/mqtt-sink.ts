import { setTimeout as sleep } from 'node:timers/promises';
import { CflowError } from '@cflow/spec';
import type { MqttClient } from 'mqtt';
import type { Result } from '../result.js';
import type { Sink } from '../sink.js';
import { openMqttClient } from './mqtt-client.js';
import { topicOf } from './mqtt-topic.js';

const CONNECT_MS = 5000;
const ANSWER_MS = 10_000;
const END_MS = 1000;

export interface MqttSinkOptions {
  /** `mqtt://host:1883/plant/line-1` or `mqtts://…`: the path is what topics begin with. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** What the broker knows the line by; no two lines may share it. */
  clientId: string;
}

/**
 * Results to a broker, MQTT 5, QoS 1: `<prefix>/result` has each, `<prefix>/state` (retained) where the line stands,
 * `<prefix>/status` (retained) `online`, or `offline` once it has ended or, by its last will, died. A result counts as
 * delivered when the broker has acknowledged it. What was sent and not acknowledged is sent again when the connection is
 * back, marked as a duplicate; after a start, the first results say `redelivered`, since they may have come before.
 */
export class MqttSink implements Sink<true> {
  readonly name: string;
  readonly maxBatch = 32;
  readonly #options: MqttSinkOptions;
  readonly #prefix: string;
  /** Of the results that a delivery was begun of: acknowledged or not, by id. */
  readonly #inFlight = new Map<string, Promise<void>>();
  #client: MqttClient | undefined;
  #reason = 'the broker does not answer';
  #mayRepeat = false;

  constructor(options: MqttSinkOptions) {
    const url = new URL(options.url);
    this.name = `${url.protocol}//${url.host}${url.pathname}`;
    this.#prefix = topicOf(url);
    this.#options = options;
  }

  async open(position: true | undefined): Promise<true> {
    if (this.#client) return true;
    this.#mayRepeat = position === true;
    const statusTopic = `${this.#prefix}/status`;
    const onTrouble = (reason: string): void => {
      this.#reason = reason;
    };
    this.#client = await openMqttClient(this.#options, onTrouble, statusTopic);
    return true;
  }

  async deliver(results: readonly Result[], signal: AbortSignal): Promise<true> {
    const client = this.#client as MqttClient;
    await this.#connected(client, signal);
    const sent: Promise<void>[] = [];
    for (const result of results) {
      const { file: _, ...data } = result;
      const payload = this.#mayRepeat ? { ...data, redelivered: true } : data;
      sent.push(this.#publish(client, result.id, 'result', payload, false));
    }
    const last = results.at(-1) as Result;
    const { id, sequence, time, name, verdict, alarms } = last;
    const state = { id, sequence, time, name, verdict, alarms };
    sent.push(this.#publish(client, `state ${id}`, 'state', state, true));
    await this.#acknowledged(client, sent, signal);
    this.#inFlight.clear();
    this.#mayRepeat = false;
    return true;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    if (client.connected) {
      const goodbye = client.publishAsync(`${this.#prefix}/status`, 'offline', { qos: 1, retain: true });
      await Promise.race([goodbye.catch(() => undefined), sleep(END_MS)]);
      // As MQTT has it, so that the broker does not take it for dead. It waits for acknowledgements, which may not come.
      await Promise.race([client.endAsync().catch(() => undefined), sleep(END_MS)]);
    }
    await Promise.race([client.endAsync(true).catch(() => undefined), sleep(END_MS)]);
  }

  /** Sends it, unless it was sent and only its acknowledgement is missing: then the client sees to it. */
  #publish(client: MqttClient, key: string, topic: string, payload: object, retain: boolean): Promise<void> {
    const before = this.#inFlight.get(key);
    if (before) return before;
    const name = `${this.#prefix}/${topic}`;
    const sending = client.publishAsync(name, JSON.stringify(payload), { qos: 1, retain }).then(
      () => undefined,
      (error: Error) => {
        this.#inFlight.delete(key);
        throw unavailable(
          `the broker does not take "${name}": ${error.message}; permit the topic, or name another`,
        );
      },
    );
    sending.catch(() => {});
    this.#inFlight.set(key, sending);
    return sending;
  }

  async #connected(client: MqttClient, signal: AbortSignal): Promise<void> {
    if (client.connected) return;
    const connected = once(client, 'connect');
    try {
      await within(connected.promise, CONNECT_MS, signal, () => this.#reason);
    } finally {
      connected.forget();
    }
  }

  async #acknowledged(
    client: MqttClient,
    sent: readonly Promise<void>[],
    signal: AbortSignal,
  ): Promise<void> {
    const lost = once(client, 'close');
    const cut = lost.promise.then(() => Promise.reject(unavailable('the connection to the broker was lost')));
    try {
      const done = Promise.race([Promise.all(sent), cut]);
      await within(done, ANSWER_MS, signal, () => 'the broker does not acknowledge');
    } finally {
      lost.forget();
    }
  }
}

function unavailable(reason: string): CflowError {
  return new CflowError('unavailable', reason, { retryable: true });
}

function once(
  client: MqttClient,
  event: 'connect' | 'close',
): { promise: Promise<void>; forget: () => void } {
  let listener: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    listener = resolve;
  });
  client.once(event, listener);
  return { promise, forget: () => client.off(event, listener) };
}

/**
 * Waits for work, but no longer than that, and not past the signal. (A signal that times out would do, were it not collected
 * as garbage while it is waited for.)
 */
async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  signal: AbortSignal,
  reason: () => string,
): Promise<T> {
  let end: () => void = () => {};
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(unavailable(reason())), milliseconds);
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    end();
  }
}
