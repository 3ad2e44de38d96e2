// Reads SMTP_URL. What is wrong with it is said without repeating it, as it holds a password.
import { SkepError } from '../../core/errors/skep-error.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps://`); otherwise STARTTLS. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

/**
 * Reads `smtp://user:password@host:587` or `smtps://user:password@host:465`.
 * @throws SkepError `SKEP_CONFIG_INVALID`.
 */
export function readSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw invalid('expected a URL such as smtp://user:password@mail.example.com:587');
  }
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    throw invalid(
      'holds more than server, port, user and password; options belong in plugins.json',
    );
  }
  if ((url.username === '') !== (url.password === '')) {
    throw invalid('names a user without a password, or a password without a user');
  }
  if (url.port === '0') throw invalid('has the port 0; give the port of the server, or none');
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    auth:
      url.username === ''
        ? undefined
        : { user: decoded(url.username), pass: decoded(url.password) },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('has a % in user or password that is not an escape; write it as %25');
  }
}

const invalid = (what: string): SkepError =>
  new SkepError('SKEP_CONFIG_INVALID', `SMTP_URL ${what}`, { place: 'environment (SMTP_URL)' });
