// A real SMTP server on a free loopback port that keeps what it was sent.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The message as it came over the wire, without dot stuffing. */
  readonly text: string;
  readonly secure: boolean;
}

/** The reply to a command: an SMTP code and text that differs from the server's own. */
export function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

export class ReceivingServer implements AsyncDisposable {
  readonly mails: ReceivedMail[] = [];
  /** Connections that were accepted. */
  connections = 0;
  /** Every address of a RCPT TO, accepted or not. */
  readonly asked: string[] = [];
  /** Answers RCPT TO and the message; return an error of {@link reply} to refuse. */
  onRecipient: (address: string) => Error | undefined = () => undefined;
  onMessage: (text: string) => Error | undefined = () => undefined;
  readonly #server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      disabledCommands: options.key ? [] : ['STARTTLS', 'AUTH'],
      onConnect: (_session, done) => {
        this.connections++;
        done();
      },
      onRcptTo: ({ address }, _session, done) => {
        this.asked.push(address);
        done(this.onRecipient(address));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const refused = this.onMessage(text);
          if (refused) return done(refused);
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            text,
            secure: session.secure,
          });
          done(null, 'kept');
        });
      },
      ...options,
      closeTimeout: 200,
    });
    // Clients that hang up in a handshake are part of the tests.
    this.#server.on('error', () => undefined);
  }

  static async start(options: SMTPServerOptions = {}): Promise<ReceivingServer> {
    const server = new ReceivingServer(options);
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}
