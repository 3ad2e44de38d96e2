// Names of tables and columns in SQL.
import type { Dialect } from './scoped-data-source.js';

const quotes: Readonly<Record<Dialect, readonly [open: string, close: string]>> = {
  mariadb: ['`', '`'],
  sqlite: ['"', '"'],
  postgres: ['"', '"'],
  mssql: ['[', ']'],
};

/**
 * A name as an engine keeps it letter by letter: without quotes, PostgreSQL returns `deviceAt` as `deviceat`.
 * @example `SELECT DEVDT AS ${quoteName(dialect, 'deviceAt')}`
 */
export function quoteName(dialect: Dialect, name: string): string {
  const [open, close] = quotes[dialect];
  return `${open}${name.replaceAll(close, close + close)}${close}`;
}
