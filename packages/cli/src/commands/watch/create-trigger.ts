import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { changeTrigger, httpTrigger, keyTrigger, mqttTrigger, type Trigger } from '@cflow/line';
import { ConfigurationError } from '@cflow/spec';

const EXPECTED = 'expected change:0.05, key, http:8090 or mqtt://broker/topic';
const LOOPBACK = '127.0.0.1';

/** A trigger as it is written on the command line. @throws ConfigurationError that says what was expected */
export async function createTrigger(
  text: string,
  { env, note }: { env: Readonly<Record<string, string | undefined>>; note: (line: string) => void },
): Promise<Trigger> {
  if (text === 'key') return keyTrigger(process.stdin);
  if (/^mqtts?:\/\/[^/]/i.test(text) && URL.canParse(text)) {
    const clientId = `cflow-trigger-${createHash('sha256').update(`${hostname()} ${text}`).digest('hex').slice(0, 16)}`;
    const place = {
      url: text,
      username: env.CFLOW_MQTT_USERNAME,
      password: env.CFLOW_MQTT_PASSWORD,
      clientId,
    };
    let last = '';
    return mqttTrigger(place, (reason) => {
      if (reason !== last) note(`trigger: ${reason}`);
      last = reason;
    });
  }
  const change = /^change:(0\.\d{1,6})$/.exec(text);
  if (change && Number(change[1]) > 0) return changeTrigger(Number(change[1]));
  const http = /^http:(?:([\w.-]{1,253}|\[[0-9a-f:]{2,45}\]):)?(\d{1,5})$/i.exec(text);
  if (http && Number(http[2]) <= 65_535) {
    const host = (http[1] ?? LOOPBACK).replace(/[[\]]/g, '');
    const trigger = await httpTrigger({ host, port: Number(http[2]) });
    note(`trigger: POST ${trigger.url}`);
    return trigger;
  }
  throw new ConfigurationError(`trigger "${text}": ${EXPECTED}`);
}
