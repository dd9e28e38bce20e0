import { type MqttPlace, openMqttClient } from '../sinks/mqtt-client.js';
import { topicOf } from '../sinks/mqtt-topic.js';
import { CallCounter, type Trigger } from './trigger.js';

/** Every message on the topic of the address selects the next frame. One that is retained is old, and selects none. */
export async function mqttTrigger(place: MqttPlace, onTrouble: (reason: string) => void): Promise<Trigger> {
  const topic = topicOf(new URL(place.url));
  const calls = new CallCounter();
  const client = await openMqttClient(place, onTrouble);
  client.on('message', (_, __, { retain }) => void (retain || calls.call()));
  client.on('connect', () => {
    client.subscribe(topic, { qos: 1 }, (error) => {
      if (error) onTrouble(`the broker does not let "${topic}" be heard: ${error.message}; permit it`);
    });
  });
  return {
    selects: () => calls.take(),
    close: () => client.endAsync(true).catch(() => undefined),
  };
}
