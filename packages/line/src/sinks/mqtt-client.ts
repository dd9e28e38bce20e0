import type { IClientOptions, MqttClient } from 'mqtt';

const RECONNECT_MS = 1000;
const CONNECT_MS = 5000;
const KEEPALIVE_SECONDS = 15;

export interface MqttPlace {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  clientId: string;
}

/**
 * A client that connects, and connects again, by itself.
 *
 * @param onTrouble told why there is no connection
 * @param statusTopic where it says `online`, retained, each time; the broker says `offline` there for it when it dies
 */
export async function openMqttClient(
  { url, username, password, clientId }: MqttPlace,
  onTrouble: (reason: string) => void,
  statusTopic?: string,
): Promise<MqttClient> {
  // Not loaded by lines that have no broker.
  const { default: mqtt } = await import('mqtt');
  const options: IClientOptions = {
    protocolVersion: 5,
    clientId,
    clean: true,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_MS,
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
    queueQoSZero: false,
    outgoingStore: resendStore(new mqtt.Store()),
    ...(statusTopic !== undefined && {
      will: { topic: statusTopic, payload: Buffer.from('offline'), qos: 1, retain: true },
    }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
  const { protocol, host, username: user, password: secret } = new URL(url);
  if (user !== '') options.username ??= decodeURIComponent(user);
  if (secret !== '') options.password ??= decodeURIComponent(secret);
  const client = mqtt.connect(`${protocol}//${host}`, options);
  client.on('error', (error) => onTrouble(reasonOf(error)));
  if (statusTopic === undefined) return client;
  client.on('connect', () => {
    client.publish(statusTopic, 'online', { qos: 1, retain: true }, (error) => {
      if (error) onTrouble(reasonOf(error));
    });
  });
  return client;
}

/** What is sent from a store is sent again, and MQTT wants it marked so; the client leaves that out. */
function resendStore<Store extends NonNullable<IClientOptions['outgoingStore']>>(store: Store): Store {
  const put = store.put.bind(store);
  store.put = (packet, done) => put(packet.cmd === 'publish' ? { ...packet, dup: true } : packet, done);
  return store;
}

function reasonOf(error: Error & { code?: unknown }): string {
  if (error.message !== '') return error.message;
  // Of an address that has several, Node tells the errors of each.
  const [first] = (error as AggregateError).errors ?? [];
  return first instanceof Error ? first.message : `the broker does not answer (${String(error.code)})`;
}
