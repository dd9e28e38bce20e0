import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  CSV,
  FileSink,
  JSON_LINES,
  MoveSink,
  MqttSink,
  type Result,
  type Sink,
  WebhookSink,
} from '@cflow/line';
import { ConfigurationError } from '@cflow/spec';

export interface SinkParts {
  /** Where the line keeps its state, from which its name at a broker is made. */
  state: string;
  rotateBytes: number | undefined;
  env: Readonly<Record<string, string | undefined>>;
  onMoved: (result: Result) => void;
}

const EXPECTED =
  'expected csv:FILE, jsonl:FILE, move:DIR or an address that begins with https://, http://, mqtts:// or mqtt://';

/** A sink as it is written on the command line. @throws ConfigurationError that says what was expected */
export async function createSink(text: string, parts: SinkParts): Promise<Sink> {
  const { rotateBytes, env, onMoved } = parts;
  if (/^https?:\/\//i.test(text)) return webhook(text, env);
  if (/^mqtts?:\/\//i.test(text)) return broker(text, parts);
  const [, kind, place] = /^([a-z]+):(.+)$/.exec(text) ?? [];
  if (kind === undefined || place === undefined) throw new ConfigurationError(`sink "${text}": ${EXPECTED}`);
  const path = resolve(place);
  const name = `${kind}:${path}`;
  switch (kind) {
    case 'csv':
      return new FileSink({ name, path, format: CSV, rotateBytes });
    case 'jsonl':
      return new FileSink({ name, path, format: JSON_LINES, rotateBytes });
    case 'move':
      return new MoveSink({ name, folder: path, onMoved });
    default:
      throw new ConfigurationError(`sink "${text}": there is no kind "${kind}"; ${EXPECTED}`);
  }
}

function broker(text: string, { env, state }: SinkParts): Sink {
  if (!URL.canParse(text) || new URL(text).hostname === '')
    throw new ConfigurationError(
      'sink of a broker: expected a complete address, such as mqtt://broker:1883/plant/line-1',
    );
  return new MqttSink({
    url: text,
    username: env.CFLOW_MQTT_USERNAME,
    password: env.CFLOW_MQTT_PASSWORD,
    clientId: `cflow-${createHash('sha256').update(`${hostname()} ${state} ${text}`).digest('hex').slice(0, 16)}`,
  });
}

async function webhook(text: string, env: SinkParts['env']): Promise<Sink> {
  const secret = env.CFLOW_WEBHOOK_SECRET;
  if (secret === undefined || !/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret)) {
    throw new ConfigurationError(
      `sink "${text}": expected CFLOW_WEBHOOK_SECRET to sign with, as whsec_ and at least 24 bytes in base64; set it`,
    );
  }
  if (!URL.canParse(text)) throw new ConfigurationError(`sink "${text}": expected a complete address`);
  const { hostname, protocol, port } = new URL(text);
  const { createGuardedFetch } = await import('@cflow/guarded-fetch');
  // The person who starts the line chooses the address, which may be an internal one; nothing else is reached, and no
  // redirect is followed.
  const host = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  const { post } = createGuardedFetch({ allow: [host], allowPrivate: [host] });
  return new WebhookSink({ name: text, url: text, secret, post });
}
