// A TCP proxy in front of a real Redis which makes its answers to INFO tell another version; all else passes as it is.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { freePort } from './free-port.js';

export class VersionProxy {
  readonly #port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, target: number, version: string) {
    this.#port = port;
    this.#server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      client.pipe(upstream);
      upstream.pipe(tellingVersion(version)).pipe(client);
      this.#watch(client, upstream);
      this.#watch(upstream, client);
    });
  }

  /** @param target port of the Redis on loopback */
  static async create(target: number, version: string): Promise<VersionProxy> {
    const proxy = new VersionProxy(await freePort(), target, version);
    proxy.#server.listen(proxy.#port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}/`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** One side does not outlive the other. */
  #watch(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    // What becomes of a socket is told by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}

/** The head of an answer to INFO: its length in bytes, and the version as the first fact of its first section. */
const head = /\$(\d+)(\r\n# Server\r\nredis_version:)([\d.]+)/g;

function tellingVersion(version: string): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const changed = chunk
        .toString('latin1')
        .replace(head, (_all, length: string, between: string, real: string) => {
          return `$${Number(length) - real.length + version.length}${between}${version}`;
        });
      done(null, Buffer.from(changed, 'latin1'));
    },
  });
}
