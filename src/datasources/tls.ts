// TLS of a connection, from `tls` in plugins.json or `?ssl=` in a URL.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SkepError } from '../core/errors/skep-error.js';

const pem = (what: string) =>
  z.string().min(1).optional().describe(`${what}: PEM text, or its file`);

export const tlsSchema = z.union([
  z.boolean(),
  z.strictObject({
    ca: pem('Certificate of the authority to trust'),
    cert: pem('Certificate of the client'),
    key: pem('Key of the client'),
    rejectUnauthorized: z.boolean().default(true).describe('false encrypts without verifying'),
  }),
]);

export type TlsOptions = z.output<typeof tlsSchema>;

/** What Node's `tls.connect` takes. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const words: Readonly<Record<string, boolean>> = {
  false: false,
  disable: false,
  true: true,
  require: true,
  verify: true,
};

/** Reads the value of `?ssl=`; undefined when it is none of the known words. */
export function tlsFromWord(word: string): TlsOptions | undefined {
  if (word === 'no-verify') return { rejectUnauthorized: false };
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/** The words that `?ssl=` takes. */
export const tlsWords: readonly string[] = [...Object.keys(words), 'no-verify'];

/**
 * Reads the named files; undefined means no TLS.
 * @param place where in plugins.json they are named. @default 'tls'
 * @throws SkepError `SKEP_CONFIG_INVALID` when a file cannot be read.
 */
export function tlsSettings(
  options: TlsOptions | undefined,
  place = 'tls',
): TlsSettings | undefined {
  if (options === undefined || options === false) return undefined;
  if (options === true) return { rejectUnauthorized: true };
  const { ca, cert, key, rejectUnauthorized } = options;
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: pemText(`${place}.ca`, ca) }),
    ...(cert === undefined ? {} : { cert: pemText(`${place}.cert`, cert) }),
    ...(key === undefined ? {} : { key: pemText(`${place}.key`, key) }),
  };
}

/** What is given is never told: it may be the key itself, without the lines around it. */
function pemText(place: string, textOrFile: string): string {
  if (textOrFile.includes('-----BEGIN')) return textOrFile;
  try {
    return readFileSync(textOrFile, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'no file';
    throw new SkepError('SKEP_CONFIG_INVALID', `${place} is no PEM text, and no file (${code})`, {
      place,
      remedy: 'Give the text from "-----BEGIN" on, or the path of a file that this user may read.',
    });
  }
}
