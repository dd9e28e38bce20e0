import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server on loopback and holds back what it answers. */
export interface SlowProxy {
  readonly port: number;
  /** Milliseconds that every piece of an answer is held back from now on; `Infinity` for ever. */
  delayMs: number;
  close(): Promise<void>;
}

export async function startSlowProxy(to: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    let last = Promise.resolve();
    client.pipe(upstream);
    upstream.on('data', (data) => {
      // In order, however the delay changes.
      const due = wait(proxy.delayMs);
      last = last.then(() => due).then(() => void client.write(data));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: SlowProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms !== Number.POSITIVE_INFINITY) setTimeout(resolve, ms);
  });
}
