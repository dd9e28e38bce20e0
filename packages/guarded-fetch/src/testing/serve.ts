import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

export interface TestServer {
  /** `http://127.0.0.1:port` */
  origin: string;
  port: number;
}

/** Starts real servers on this machine; all are closed after the test that started them. */
export function testServers(): (listener: RequestListener) => Promise<TestServer> {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  return async (listener) => {
    const server = createServer(listener);
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { origin: `http://127.0.0.1:${port}`, port };
  };
}
