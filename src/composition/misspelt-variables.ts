// Variables of the environment that look like a misspelt name of one that Skep reads. Ignoring MARIADB_URL would run everything on
// SQLite, on a queue of its own, without a word.
import { readFileSync } from 'node:fs';
import { distance } from 'fastest-levenshtein';
import { SkepError } from '../core/errors/skep-error.js';

export interface ReadVariables {
  /** Those that are set, as they were read at boot. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names that are set to nothing: whoever writes `MARIA_URL=` means the embedded default. */
  readonly empty: ReadonlySet<string>;
  /** Names of the variables that hold the URL of a data source. */
  readonly sources: readonly string[];
  /** Absolute path of plugins.json: what it refers to is read, whatever its name. */
  readonly configFile: string;
}

/** How else a variable for the same thing is often called. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  MARIA_URL: ['MYSQL', 'MYSQL_URL', 'MYSQL_URI', 'DATABASE_URL', 'DB_URL'],
};
const endings = ['', '_URI', '_DSN', 'DB_URL', '_DB_URL', '_DATABASE_URL'];
/** DATABASE_URL is the name of many programs: it is meant for Skep where the application's database could be there. */
const schemesOfGeneralNames = /^(mysql|mariadb):/i;
const generalNames = new Set(['DATABASE_URL', 'DB_URL']);

/** One mistake for each variable that seems to be meant for one that is not set. */
export function misspeltVariables(read: ReadVariables): SkepError[] {
  const { environment, empty, sources, configFile } = read;
  const urls = [...new Set([...sources, 'REDIS_URL', 'SMTP_URL'])];
  const known = new Set([...urls, 'SKEP_DATA_DIR', ...referredTo(configFile)]);
  return Object.entries(environment).flatMap(([name, value = '']) => {
    if (known.has(name)) return [];
    const meant = [
      ...urls.filter((url) => isUrl(value) && mayMean(name, url, value)),
      ...(isNear(name, 'SKEP_DATA_DIR') ? ['SKEP_DATA_DIR'] : []),
    ].find((each) => environment[each] === undefined && !empty.has(each));
    return meant === undefined ? [] : [misspelt(name, meant)];
  });
}

function misspelt(name: string, meant: string): SkepError {
  const message = `${name} is set, and nothing reads it. Did you mean ${meant}?`;
  const remedy = `Rename it to ${meant}. When it belongs to another program, write ${meant}= (set to nothing), which keeps the embedded default.`;
  return new SkepError('SKEP_CONFIG_INVALID', message, { place: 'the environment', remedy });
}

/** What is no URL, such as a host or a name, is meant for somebody else. */
const isUrl = (value: string): boolean => /^[a-z][a-z0-9+.-]*:(\/\/|.*\.db)/i.test(value);

function mayMean(name: string, url: string, value: string): boolean {
  if (generalNames.has(name) && !schemesOfGeneralNames.test(value)) return false;
  const stem = url.replace(/_URL$/, '');
  const others = [...endings.map((ending) => stem + ending), ...(otherNames[url] ?? [])];
  return others.includes(name.toUpperCase()) || isNear(name, url);
}

/** One letter is wrong, missing or too much, or two neighbours are exchanged. */
function isNear(name: string, known: string): boolean {
  const upper = name.toUpperCase();
  return distance(upper, known) <= 1 || isExchanged(upper, known);
}

function isExchanged(name: string, known: string): boolean {
  if (name.length !== known.length) return false;
  const at = [...known].findIndex((letter, index) => letter !== name[index]);
  const exchanged = known.slice(0, at) + known.charAt(at + 1) + known.charAt(at);
  return at >= 0 && exchanged + known.slice(at + 2) === name;
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)/g;

const referredTo = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(reference)].map(([, name = '']) => name);
