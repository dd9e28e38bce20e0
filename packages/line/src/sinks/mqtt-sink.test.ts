import { fork } from 'node:child_process';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Mosquitto, missingMosquitto, startMosquitto } from '../testing/mosquitto.js';
import { testResult, testResults } from '../testing/result.js';
import { MqttSink } from './mqtt-sink.js';

const { signal } = new AbortController();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Message {
  topic: string;
  text: string;
  retained: boolean;
}

/** Everything that a broker has below a prefix and gets from now on. */
async function listen(port: number, prefix: string): Promise<Message[]> {
  const messages: Message[] = [];
  const client: MqttClient = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  ends.push(() => client.endAsync(true));
  client.on('message', (topic, payload, { retain }) =>
    messages.push({ topic: topic.slice(prefix.length + 1), text: payload.toString(), retained: retain }),
  );
  await client.subscribeAsync(`${prefix}/#`, { qos: 1 });
  return messages;
}

function open(port: number, prefix: string, clientId = prefix.replaceAll('/', '-')): MqttSink {
  const sink = new MqttSink({ url: `mqtt://127.0.0.1:${port}/${prefix}`, clientId });
  ends.push(() => sink.close());
  return sink;
}

const of = (messages: readonly Message[], topic: string): string[] =>
  messages.filter((each) => each.topic === topic).map(({ text }) => text);

it('refuses a topic that is none', () => {
  for (const path of ['', '/', '/a/%23', '/a/#', '/a?b', '/+/b', '/$SYS/x', '/a//b'])
    expect(() => new MqttSink({ url: `mqtt://broker${path}`, clientId: 'x' }), path).toThrow(
      /expected a topic to begin with, such as/,
    );
  const { name } = new MqttSink({ url: 'mqtts://me:secret@broker:8883/plant/1', clientId: 'x' });
  expect(name).toBe('mqtts://broker:8883/plant/1');
});

it('says why a broker cannot be reached', async () => {
  const sink = open(1, 'nobody');
  await sink.open(undefined);
  await expect(sink.deliver(testResults(1, 1), signal)).rejects.toThrow(/ECONNREFUSED/);
});

describe.skipIf(missingMosquitto)(`MqttSink, against mosquitto ${missingMosquitto ?? ''}`, () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto('topic readwrite plant/#\n');
  });
  afterAll(() => broker.close());

  it('publishes each result, what is retained, and that it has ended', async () => {
    const messages = await listen(broker.port, 'plant/1');
    const sink = open(broker.port, 'plant/1');
    await sink.open(undefined);
    await sink.deliver([testResult(1, { file: { path: '/x', stamp: '1:1' } }), testResult(2)], signal);
    await expect.poll(() => of(messages, 'result').length).toBe(2);
    const { file: _, ...first } = testResult(1);
    expect(of(messages, 'result').map((text) => JSON.parse(text))).toEqual([first, testResult(2)]);
    const late = await listen(broker.port, 'plant/1');
    await expect.poll(() => late.length).toBe(2);
    expect(late).toContainEqual({ topic: 'status', text: 'online', retained: true });
    const { id, sequence, time, name, verdict, alarms } = testResult(2);
    expect(of(late, 'state').map((text) => JSON.parse(text))).toEqual([
      { id, sequence, time, name, verdict, alarms },
    ]);
    await sink.close();
    await expect.poll(() => of(messages, 'status')).toEqual(['online', 'offline']);
    // Not once more as its last will.
    await sleep(300);
    expect(of(messages, 'status')).toHaveLength(2);
  });

  it('says that results may have come before, where it goes on', async () => {
    const messages = await listen(broker.port, 'plant/2');
    const sink = open(broker.port, 'plant/2');
    await sink.open(true);
    await sink.deliver(testResults(7, 7), signal);
    await sink.deliver(testResults(8, 8), signal);
    await expect.poll(() => of(messages, 'result').length).toBe(2);
    const [first, second] = of(messages, 'result').map((text) => JSON.parse(text));
    expect(first).toMatchObject({ id: 'line-7', redelivered: true });
    expect(second).not.toHaveProperty('redelivered');
  });

  it('has the broker say that it is offline when it is killed', async () => {
    const messages = await listen(broker.port, 'plant/3');
    const child = fork(
      new URL('../testing/mqtt-for-ever.ts', import.meta.url),
      [`mqtt://127.0.0.1:${broker.port}/plant/3`],
      { execArgv: ['--import', 'tsx'] },
    );
    ends.push(async () => child.kill('SIGKILL'));
    await expect.poll(() => of(messages, 'status'), { timeout: 20_000 }).toEqual(['online']);
    child.kill('SIGKILL');
    await expect.poll(() => of(messages, 'status')).toEqual(['online', 'offline']);
  });

  it('calls a topic that is not permitted by its name', async () => {
    const sink = open(broker.port, 'elsewhere/1');
    await sink.open(undefined);
    await expect(sink.deliver(testResults(1, 1), signal)).rejects.toThrow(
      /does not take "elsewhere\/1\/\w+": .*Not authorized.*permit the topic/,
    );
  });

  it('delivers what it could not when the broker is back', async () => {
    const own = await startMosquitto();
    ends.push(() => own.close());
    const sink = open(own.port, 'plant/4');
    await sink.open(undefined);
    await sink.deliver(testResults(1, 1), signal);
    await own.kill();
    await expect(sink.deliver(testResults(2, 3), signal)).rejects.toThrow();
    await own.start();
    const messages = await listen(own.port, 'plant/4');
    await expect
      .poll(() => sink.deliver(testResults(2, 3), signal).catch(() => false), { timeout: 20_000 })
      .toBe(true);
    await expect.poll(() => of(messages, 'result').length).toBeGreaterThanOrEqual(2);
    const ids = of(messages, 'result').map((text) => JSON.parse(text).id as string);
    expect([...new Set(ids)]).toEqual(['line-2', 'line-3']);
    await expect.poll(() => of(messages, 'status').at(-1)).toBe('online');
  });

  it('marks what it sends again, since no acknowledgement came, as a duplicate', async () => {
    const proxy = await cutBeforeAcknowledgement(broker.port);
    ends.push(async () => proxy.server.close());
    const messages = await listen(broker.port, 'plant/5');
    const sink = open(proxy.port, 'plant/5');
    await sink.open(undefined);
    await expect(sink.deliver(testResults(1, 1), signal)).rejects.toThrow(
      'connection to the broker was lost',
    );
    expect(await sink.deliver(testResults(1, 1), signal)).toBe(true);
    // The result, as the broker got it: first as it is, then marked.
    expect(proxy.results).toEqual([
      { duplicate: false, qos: 1 },
      { duplicate: true, qos: 1 },
    ]);
    await expect.poll(() => of(messages, 'result').length).toBe(2);
    expect(new Set(of(messages, 'result')).size).toBe(1);
  });
});

/** A way to a broker that is cut once, after the broker got a result and before the sink hears of it. */
async function cutBeforeAcknowledgement(port: number) {
  const results: { duplicate: boolean; qos: number }[] = [];
  let cuts = 0;
  const server: Server = createServer((near: Socket) => {
    const far = dial(port, '127.0.0.1');
    let seen = Buffer.alloc(0);
    let deaf = false;
    near.on('data', (bytes) => {
      seen = Buffer.concat([seen, bytes]);
      for (let packet = firstPacket(seen); packet; packet = firstPacket(seen)) {
        seen = seen.subarray(packet.length);
        const flags = packet[0]!;
        if (flags >> 4 !== 3 || !packet.includes('plant/5/result')) continue;
        results.push({ duplicate: (flags & 8) !== 0, qos: (flags >> 1) & 3 });
        if (cuts++ === 0) deaf = true;
      }
      far.write(bytes);
      if (deaf) setTimeout(() => near.destroy(), 100);
    });
    far.on('data', (bytes) => {
      if (!deaf) near.write(bytes);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, results, port: (server.address() as { port: number }).port };
}

/** The first whole packet of a stream of MQTT. */
function firstPacket(bytes: Buffer): Buffer | undefined {
  let length = 0;
  for (let i = 1; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i]!;
    length += (byte & 127) * 128 ** (i - 1);
    if (byte < 128) {
      const end = i + 1 + length;
      return bytes.length >= end ? bytes.subarray(0, end) : undefined;
    }
  }
  return undefined;
}
