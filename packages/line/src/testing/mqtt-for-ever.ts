// A line that is connected to a broker until it is killed.
import { MqttSink } from '../sinks/mqtt-sink.js';

const sink = new MqttSink({ url: process.argv[2] as string, clientId: 'for-ever' });
await sink.open(undefined);
setInterval(() => {}, 1000);
