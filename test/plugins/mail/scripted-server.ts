// A server that speaks SMTP by a script: it says what it is told to say, hangs up, or falls silent.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Hang up without a reply. */
export const hangUp = Symbol('hang up');
/** Say nothing, and keep the connection. */
export const silence = Symbol('silence');

/** What to say, or what to say before hanging up. */
export type Answer =
  | string
  | readonly [last: string, then: typeof hangUp]
  | typeof hangUp
  | typeof silence
  | undefined;

/** Where a script is: the number of the connection, and how often the step was reached, both from 1. */
interface At {
  readonly connection: number;
  readonly nth: number;
}

/**
 * Steps of a session: `connect`, the verb of each command, `data` at the first bytes of a message,
 * `end of data`. `undefined` gives the answer of a friendly server.
 */
export type Script = (step: string, at: At) => Answer;

const friendly: Readonly<Record<string, string>> = {
  connect: '220 scripted ESMTP',
  EHLO: '250 scripted',
  MAIL: '250 sender ok',
  RCPT: '250 recipient ok',
  DATA: '354 go ahead',
  'end of data': '250 taken',
  STARTTLS: '502 not here',
  AUTH: '502 not here',
  RSET: '250 reset',
  QUIT: '221 bye',
};

export class ScriptedServer implements AsyncDisposable {
  /** Every command line, `connect`, `data` and `end of data` of every connection, in order. */
  readonly lines: string[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: { step: string; count: number; tell: () => void }[] = [];

  private constructor(script: Script) {
    this.#server = createServer((socket) => this.#talk(socket, script, ++this.connections));
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often a step was reached. */
  count(step: string): number {
    return this.lines.filter((line) => stepOf(line) === step).length;
  }

  /** Resolves when the step has been reached this often, over all connections. */
  reached(step: string, count = 1): Promise<void> {
    if (this.count(step) >= count) return Promise.resolve();
    return new Promise((tell) => {
      this.#waiting.push({ step, count, tell });
    });
  }

  /** Resolves when the clients have closed all their connections. */
  async allClosed(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #talk(socket: Socket, script: Script, connection: number): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const line = (text: string): Answer => {
      this.lines.push(text);
      const step = stepOf(text);
      const answer = script(step, { connection, nth: this.count(step) }) ?? friendly[step];
      if (answer === hangUp) socket.destroy();
      else if (typeof answer === 'string') socket.write(`${answer}\r\n`);
      else if (typeof answer === 'object') socket.end(`${answer[0]}\r\n`);
      for (const { count, tell, ...waiting } of this.#waiting) {
        if (this.count(waiting.step) >= count) tell();
      }
      return answer;
    };
    let message: 'none' | 'expected' | 'begun' = 'none';
    let rest = '';
    line('connect');
    socket.on('data', (chunk: Buffer) => {
      if (message === 'expected') {
        message = 'begun';
        line('data');
      }
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const text of lines) {
        if (message === 'none') {
          const answer = line(text);
          if (text === 'DATA' && answer === friendly.DATA) message = 'expected';
        } else if (text === '.') {
          message = 'none';
          line('end of data');
        }
      }
    });
  }
}

const stepOf = (line: string): string =>
  line in friendly || line === 'data' ? line : (line.split(' ')[0] ?? '').toUpperCase();
