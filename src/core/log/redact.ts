// Takes secrets out of what is logged or stored: passwords in URLs, fields with secret names.

/** Up to the last `@` before the path: a password may hold an `@` that nobody escaped. */
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi;
const secretPair =
  /\b(password|passwd|pwd|secret|token|api[-_]?key|authorization)(["']?\s*[=:]\s*["']?)([^\s"',;&}]+)/gi;
const secretField =
  /pass(word|wd)?$|^pwd$|secret|token$|api[-_]?key|authorization|credential|^payload$/i;
const mask = '[redacted]';

/** A text with the passwords of its URLs and its `password=…` pairs masked. */
export function redactText(text: string): string {
  return text.replace(urlPassword, `$1:${mask}@`).replace(secretPair, `$1$2${mask}`);
}

/**
 * A copy of a value with fields of secret names masked and texts redacted, at most six levels deep.
 * Getters are not followed further than JSON would.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (depth >= 6) return '[deep]';
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      secretField.test(key) ? mask : redact(each, depth + 1),
    ]),
  );
}
