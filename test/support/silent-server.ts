// A server that takes connections and never says a word.
import { createServer, type Socket } from 'node:net';

export class SilentServer implements AsyncDisposable {
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();
  /** Resolves when somebody has connected. */
  readonly connected: Promise<void>;

  private constructor() {
    this.connected = new Promise((resolve) => {
      this.#server.on('connection', (socket) => {
        socket.on('error', () => undefined);
        this.#sockets.add(socket);
        resolve();
      });
    });
  }

  static async listen(): Promise<SilentServer> {
    const made = new SilentServer();
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
    return `127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
