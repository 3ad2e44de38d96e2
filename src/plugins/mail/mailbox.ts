// One mailbox, read strictly: what a person wrote and what the mail server is told cannot differ.
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';

/** A mailbox as it is sent: the name as a person reads it, the address in ASCII. */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** A mailbox as it is written: `ann@example.com`, `Ann <ann@example.com>`, or its two parts. */
export type MailboxInput =
  | string
  | { readonly name?: string | undefined; readonly address: string };

interface Problem {
  readonly problem: string;
}

/** Line breaks of every kind and all other control characters; one of them could begin another header. */
export const controlCharacter = /[\p{Cc}\p{Zl}\p{Zp}]/u;
export const hasControlCharacter = 'has a line break or another control character';

/** Characters that end or divide an unquoted display name (RFC 5322, 3.2.3; the dot is let pass). */
const specials = /[()<>[\]:;@\\,"]/;
const printableAscii = /^[ -~]+$/;
const notAnAddress = 'is not an e-mail address such as user@example.com';

const oneAddress = z.email({ pattern: z.regexes.html5Email }).max(254);

/** Reads one mailbox. Returns it, or what is wrong with it. */
function readMailbox(input: MailboxInput): Mailbox | Problem {
  const parts = typeof input === 'string' ? readText(input) : input;
  if ('problem' in parts) return parts;
  const { name = '', address } = parts;
  if (controlCharacter.test(name) || controlCharacter.test(address)) {
    return { problem: hasControlCharacter };
  }
  const ascii = asciiAddress(address);
  return typeof ascii === 'string' ? { name: name.trim(), address: ascii } : ascii;
}

/**
 * Splits `Name <address>`. The parser of nodemailer is lenient, it also finds an address in the midst of
 * other text; so what it found is spelled out again and must be what was written.
 */
function readText(text: string): { name: string; address: string } | Problem {
  if (controlCharacter.test(text)) return { problem: hasControlCharacter };
  const [only, ...more] = addressparser(text);
  if (only === undefined) return { problem: 'is empty' };
  if (more.length > 0) return { problem: 'holds more than one address; give a list' };
  if (only.group !== undefined) return { problem: 'is a group of addresses; give a list' };
  const { name, address } = only;
  if (address === '') return { problem: notAnAddress };
  const spellings = [
    address,
    `<${address}>`,
    `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`,
    ...(specials.test(name) ? [] : [`${name} <${address}>`]),
  ];
  const written = squeeze(text);
  if (spellings.some((spelling) => squeeze(spelling) === written)) return { name, address };
  return {
    problem: 'cannot be read beyond doubt; write "Name" <user@example.com> or { name, address }',
  };
}

const squeeze = (text: string): string => text.replaceAll(' ', '');

/**
 * The address with its domain in ASCII. Names of domains in any script are taken (as punycode); a local
 * part that is not ASCII is refused, as it travels only where every server on the way has SMTPUTF8.
 */
function asciiAddress(address: string): string | Problem {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 1) return { problem: notAnAddress };
  if (!printableAscii.test(local)) {
    return { problem: 'has letters before the @ that are not ASCII; mail servers refuse them' };
  }
  const written = address.slice(at + 1);
  const domain = (printableAscii.test(written) ? written : domainToASCII(written)).toLowerCase();
  const whole = `${local}@${domain}`;
  const sound =
    oneAddress.safeParse(whole).success &&
    local.length <= 64 &&
    !/^\.|\.\.|\.$/.test(local) &&
    // A name of the local network or an IP number is nearly always a slip.
    domain.includes('.') &&
    !/\.\d+$/.test(domain);
  return sound ? whole : { problem: notAnAddress };
}

const mailboxError =
  'expected an address: "ann@example.com", "Ann <ann@example.com>" or { "name": "Ann", "address": "ann@example.com" }';

const longestText = 600;

const written = z.union(
  [
    z.string().max(longestText),
    z.strictObject({
      name: z.string().max(longestText).optional(),
      address: z.string().max(longestText),
    }),
  ],
  { error: mailboxError },
);

/** One mailbox in a payload or in plugins.json. It is checked and left as it was written. */
export const mailboxSchema = written.superRefine((input, context) => {
  const read = readMailbox(input);
  if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
});

/** One mailbox or several. */
export const mailboxesSchema = z.union([mailboxSchema, z.array(mailboxSchema).min(1)], {
  error: `${mailboxError}, or a list of them`,
});

/** A mailbox that has passed its schema. */
export function mailbox(input: MailboxInput): Mailbox {
  const read = readMailbox(input);
  if ('problem' in read) throw new TypeError(`an address ${read.problem}`);
  return read;
}

/** The mailboxes of a field that has passed its schema. */
export function mailboxes(
  input: MailboxInput | readonly MailboxInput[] | undefined,
): readonly Mailbox[] {
  if (input === undefined) return [];
  return isList(input) ? input.map(mailbox) : [mailbox(input)];
}

const isList = (input: MailboxInput | readonly MailboxInput[]): input is readonly MailboxInput[] =>
  Array.isArray(input);
