// The settings that stored events were decided with, by source. Where they are not the site's, stored events must be
// decided anew before anything else is stored or computed.
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import type { DecidingSettings, Site } from '../site.js';
import { upsertRows } from './bulk.js';

/** Up to which event of which log table events were decided anew. */
export interface Position {
  readonly month: number;
  readonly eventId: number;
}

/** Before the first event of every log table. */
export const beginning: Position = { month: 0, eventId: 0 };

export interface StoredSettings {
  /** What events were decided with: all of them, or those after the position. */
  readonly settings: DecidingSettings;
  /** What events up to the position were decided with, while not all of them were. */
  readonly next: { readonly settings: DecidingSettings; readonly after: Position } | undefined;
}

/**
 * Stored events were decided with other settings than those of this runtime, although it had them decided anew with
 * its own when it began: another runtime with other settings has come in between. It is not retried.
 */
export class SettingsConflictError extends Error {
  override readonly name = 'SettingsConflictError';

  constructor(source: string, mine: DecidingSettings, stored: StoredSettings | undefined) {
    const others = stored?.next?.settings ?? stored?.settings;
    super(
      `events of the source ${source} are decided with ${JSON.stringify(others)} by another runtime, and with ` +
        `${JSON.stringify(mine)} by this one; the page that was to be stored is not stored. Give all runtimes the same ` +
        'zone, clockTolerance and maxLateness of the plugin attendance; the next sync_attendance goes on from here.',
    );
  }
}

/** A later version may add to it; what this one does not know is ignored. */
const Deciding = z.object({
  zone: z.string(),
  clockTolerance: z.string(),
  maxLateness: z.string(),
});

// A cast: durations are text with a pattern, and only options that passed their schema are stored.
const parse = (text: string): DecidingSettings =>
  Deciding.parse(JSON.parse(text)) as DecidingSettings;

/** True when both decide about every event in the same way. */
export function isSame(a: DecidingSettings, b: DecidingSettings): boolean {
  return (
    a.zone === b.zone && a.clockTolerance === b.clockTolerance && a.maxLateness === b.maxLateness
  );
}

/** True when all stored events were decided with the site's settings. */
export async function areCurrent(manager: EntityManager, site: Site): Promise<boolean> {
  return isCurrent(await read(manager, site.source, ''), site);
}

function isCurrent(stored: StoredSettings | undefined, site: Site): boolean {
  return stored !== undefined && !stored.next && isSame(stored.settings, site.deciding);
}

/**
 * Holds the settings until the transaction ends: no other runtime begins to decide events anew before that. The
 * transaction must not hold anything else yet, so that nobody waits in a circle.
 * @throws SettingsConflictError when they are not the site's.
 */
export async function holdSettings(
  manager: EntityManager,
  dialect: Dialect,
  site: Site,
): Promise<void> {
  const hold = dialect === 'mariadb' ? 'LOCK IN SHARE MODE' : '';
  const stored = await read(manager, site.source, hold);
  if (!isCurrent(stored, site)) {
    throw new SettingsConflictError(site.source, site.deciding, stored);
  }
}

/**
 * Holds the settings to change them; others who hold or change them wait. Where there are none, stored events are
 * those of a version that did not record them, or there is no event yet: they are to be decided anew.
 */
export async function holdSettingsToChange(
  manager: EntityManager,
  dialect: Dialect,
  { source, deciding }: Site,
): Promise<StoredSettings> {
  const mine = JSON.stringify(deciding);
  // On MariaDB, to look first would hold a gap, and two that hold it could not insert.
  await upsertRows(
    manager,
    dialect,
    {
      table: 'attendance_settings',
      columns: ['source', 'settings', 'next_settings', 'next_month', 'next_event_id'],
      key: ['source'],
      update: () => ({ source: 'source' }),
    },
    [[source, mine, mine, beginning.month, beginning.eventId]],
  );
  const stored = await read(manager, source, dialect === 'mariadb' ? 'FOR UPDATE' : '');
  if (!stored) throw new Error(`attendance_settings has no row of the source ${source}`);
  return stored;
}

/** Notes how far events were decided anew with these settings; after the last event they are the stored ones. */
export async function writeProgress(
  manager: EntityManager,
  { source }: Site,
  settings: DecidingSettings,
  after: Position | undefined,
): Promise<void> {
  const text = JSON.stringify(settings);
  const { month, eventId } = after ?? beginning;
  await manager.query(
    `UPDATE attendance_settings SET ${after ? '' : 'settings = ?,'}
            next_settings = ?, next_month = ?, next_event_id = ?
      WHERE source = ?`,
    [...(after ? [text] : [text, null]), month, eventId, source],
  );
}

async function read(
  manager: EntityManager,
  source: string,
  hold: string,
): Promise<StoredSettings | undefined> {
  const [row]: {
    settings: string;
    nextSettings: string | null;
    month: number;
    eventId: number | string;
  }[] = await manager.query(
    `SELECT settings, next_settings AS nextSettings, next_month AS month, next_event_id AS eventId
       FROM attendance_settings WHERE source = ? ${hold}`,
    [source],
  );
  if (!row) return undefined;
  const { settings, nextSettings, month, eventId } = row;
  return {
    settings: parse(settings),
    next:
      nextSettings === null
        ? undefined
        : { settings: parse(nextSettings), after: { month, eventId: Number(eventId) } },
  };
}
