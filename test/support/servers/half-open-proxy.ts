// A TCP proxy on loopback that can break a connection in the ways a network does: fall silent with every connection
// left open, deliver late, cut them all, refuse new ones; and be normal again.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

interface Link {
  readonly client: Socket;
  /** None behind a connection that was made during the silence. */
  readonly upstream: Socket | undefined;
}

export class HalfOpenProxy {
  readonly #target: number;
  readonly #port: number;
  readonly #server: Server;
  /** Carry bytes both ways. */
  readonly #live = new Set<Link>();
  /** Open and dead: neither bytes nor the end of one side ever reach the other. */
  readonly #dead = new Set<Link>();
  #silent = false;

  private constructor(port: number, target: number) {
    this.#port = port;
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));
  }

  /** @param target port on loopback; nothing has to listen there yet */
  static async create(target: number): Promise<HalfOpenProxy> {
    const proxy = new HalfOpenProxy(await freePort(), target);
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** How many connections are open and dead. */
  get dead(): number {
    return this.#dead.size;
  }

  /** The URL of a server, led through this proxy. */
  through(url: string): string {
    const led = new URL(url);
    led.host = `127.0.0.1:${this.#port}`;
    return led.href;
  }

  /**
   * Falls silent: connections stay open and nothing passes any more, not even that one side has closed. New ones are
   * accepted, and as silent.
   */
  silence(): void {
    this.#silent = true;
    for (const link of this.#live) {
      const { client, upstream } = link;
      if (upstream) client.unpipe(upstream);
      upstream?.unpipe(client);
      client.pause();
      upstream?.pause();
      this.#dead.add(link);
    }
    this.#live.clear();
  }

  /**
   * What clients have sent into the silence reaches the server after all, as late as this, however long they are gone;
   * no answer reaches them.
   */
  deliverLate(): void {
    for (const { client, upstream } of this.#dead) {
      if (upstream === undefined) continue;
      client.pipe(upstream);
      upstream.resume();
    }
  }

  /** Ends every connection, on both sides, at once. */
  cut(): void {
    for (const link of [...this.#live, ...this.#dead]) end(link);
    this.#live.clear();
    this.#dead.clear();
  }

  /** Ends every connection and refuses new ones. */
  async refuse(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** New connections are served again. Those that were silenced stay dead, as behind a firewall that forgot them. */
  async restore(): Promise<void> {
    this.#silent = false;
    if (!this.#server.listening) await this.#listen();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(): Promise<void> {
    const listening = once(this.#server, 'listening');
    this.#server.listen(this.#port, '127.0.0.1');
    await listening;
  }

  #accept(client: Socket): void {
    // What becomes of a socket is told by `close`.
    client.on('error', () => undefined);
    if (this.#silent) {
      this.#dead.add({ client, upstream: undefined });
      return;
    }
    const upstream = connect(this.#target, '127.0.0.1');
    upstream.on('error', () => undefined);
    const link = { client, upstream };
    this.#live.add(link);
    const endBoth = (): void => {
      if (this.#live.delete(link)) end(link);
    };
    client.on('close', endBoth);
    upstream.on('close', endBoth);
    client.pipe(upstream);
    upstream.pipe(client);
  }
}

function end({ client, upstream }: Link): void {
  client.destroy();
  upstream?.destroy();
}
