import { connect, type Socket } from 'node:net';

/** A connection that says what it is told to, and keeps its own side open whatever the service does. */
export class RawConnection {
  readonly socket: Socket;
  /** What came, the first 64 kB of it, as Latin-1. */
  text = '';
  bytes = 0;
  /** Whether the service has taken it down: its end alone leaves this side open. */
  closed = false;
  readonly opened: Promise<void>;
  readonly #closing: Promise<void>;

  constructor(url: string, { reads = true } = {}) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.opened = new Promise((resolve) => {
      this.socket.once('connect', () => resolve());
      this.socket.once('close', () => resolve());
    });
    this.#closing = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.closed = true;
        resolve();
      }),
    );
    this.socket.on('error', () => {});
    if (!reads) return;
    this.socket.on('data', (data) => {
      this.bytes += data.length;
      if (this.text.length < 65_536) this.text += data.toString('latin1');
    });
  }

  /** The status of the first answer; 0 while there is none. */
  get status(): number {
    return Number(/^HTTP\/1\.[01] (\d{3})/.exec(this.text)?.[1] ?? 0);
  }

  /** What was answered, for `Client.note`. */
  answer(): { status: number; text: string; bytes: number } {
    return { status: this.status, text: this.text, bytes: this.text.length };
  }

  /** Writes as fast as the service reads; false when the connection is gone. */
  async write(bytes: Uint8Array | string): Promise<boolean> {
    if (this.closed || this.socket.destroyed) return false;
    if (this.socket.write(bytes)) return true;
    const drained = new Promise<void>((resolve) => this.socket.once('drain', () => resolve()));
    await Promise.race([drained, this.#closing]);
    return !this.closed;
  }

  /** Waits for an answer, or for the end. */
  async answered(ms: number): Promise<number> {
    await this.until(() => this.status > 0 || this.closed, ms);
    return this.status;
  }

  async until(isTrue: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!isTrue() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    return isTrue();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
