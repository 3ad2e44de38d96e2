// Mails over SMTP: one pool of connections for the process.
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { SMTPPoolOptions } from 'nodemailer';
import { durationMs } from '../../core/duration.js';
import { SkepError } from '../../core/errors/skep-error.js';
import { tlsSettings } from '../../datasources/tls.js';
import type { Letter } from './letter.js';
import { mailError, refusals, TemporaryMailError } from './mail-errors.js';
import type { MailOptions } from './mail-options.js';
import type { Handover, Outbox } from './outbox.js';
import type { SmtpServer } from './smtp-url.js';

/** Hands mails to a mail server. Connects with the first mail; idle connections are kept for a while. */
export class SmtpOutbox implements Outbox {
  readonly destination: string;
  readonly #settings: PoolSettings;
  #pool: ReturnType<typeof makePool> | undefined;
  #closed = false;

  /** @throws SkepError `SKEP_CONFIG_INVALID` when certificate, key or ciphers cannot be used. */
  constructor(server: SmtpServer, options: MailOptions) {
    this.destination = `${server.secure ? 'smtps' : 'smtp'}://${server.host}:${server.port}`;
    this.#settings = poolSettings(server, options);
  }

  async deliver(letter: Letter, signal: AbortSignal): Promise<Handover> {
    try {
      const pool = await this.#openPool();
      const sent = await pool.sendMail({ ...letter.message, signal });
      return {
        accepted: sent.accepted,
        refused: refusals(sent.rejectedErrors),
        response: sent.response,
      };
    } catch (error) {
      signal.throwIfAborted();
      // A mail that was waiting for a connection gets an error without a code when the pool is closed.
      throw this.#closed
        ? new TemporaryMailError('the mailer was closed', { cause: error })
        : mailError(error);
    }
  }

  async examine(): Promise<string> {
    const startedAt = performance.now();
    try {
      const pool = await this.#openPool();
      await pool.verify();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const denied = code === 'EAUTH';
      throw new SkepError(
        denied ? 'SKEP_ACCESS_DENIED' : 'SKEP_CONNECT_FAILED',
        `the mail server at ${this.destination} ${denied ? 'refuses the login' : 'cannot be used'}: ${message}`,
        {
          cause: error,
          remedy:
            'Check SMTP_URL: host, port, user, password, and smtps:// for TLS from the first byte.',
        },
      );
    }
    const ms = (performance.now() - startedAt).toFixed(1);
    return `${this.destination} takes mails, connected in ${ms} ms`;
  }

  close(): void {
    this.#closed = true;
    // Runs have ended before plugins are closed; a delivery that still hangs was left behind by its run.
    void this.#pool?.then((pool) => pool.close({ force: true }));
  }

  #openPool(): ReturnType<typeof makePool> {
    if (this.#closed) throw new TemporaryMailError('the mailer was closed');
    this.#pool ??= makePool(this.#settings);
    return this.#pool;
  }
}

type PoolSettings = SMTPPoolOptions & { pool: true };

/** Imported with the first mail: commands that send none do not pay for it. */
async function makePool(settings: PoolSettings) {
  const { createTransport } = await import('nodemailer');
  return createTransport(settings);
}

function poolSettings(server: SmtpServer, options: MailOptions): PoolSettings {
  const starttls = options.starttls ?? (server.auth ? 'required' : 'offered');
  return {
    pool: true,
    host: server.host,
    port: server.port,
    secure: server.secure,
    auth: server.auth && { ...server.auth },
    requireTLS: !server.secure && starttls === 'required',
    ignoreTLS: starttls === 'never',
    tls: usableTls(options),
    maxConnections: options.connections,
    // A connection that went stale in the pool is replaced once; every other repeat is the retry policy's.
    maxRequeues: 1,
    connectionTimeout: durationMs(options.timeouts.connect),
    socketTimeout: durationMs(options.timeouts.silence),
  };
}

/** What is wrong with TLS options would otherwise show with the first mail, as if the server were at fault. */
function usableTls({ tls: { servername, minVersion, ...certificates } }: MailOptions) {
  const tls: ConnectionOptions = {
    ...tlsSettings(certificates),
    ...(servername === undefined ? {} : { servername }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SkepError('SKEP_CONFIG_INVALID', `the TLS options cannot be used: ${why}`, {
      place: 'plugin mail (options.tls)',
      cause: error,
    });
  }
  return tls;
}
