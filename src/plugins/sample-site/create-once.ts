// Creates the sample site under the data folder, once: a site that is there is left as it is.
import { existsSync, renameSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { BioStar } from '../../datasources/biostar.js';
import { Hris } from '../../datasources/hris.js';
import { embeddedPath } from '../../datasources/url.js';
import { dayText, parseDay } from './days.js';
import type { PluginOptions } from './options.js';
import { planSite } from './plan.js';
import { type Written, writeSite } from './write-site.js';
import { partialOf } from './write-sqlite.js';

export interface Creation {
  readonly options: PluginOptions;
  readonly dataDir: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

export interface Created extends Written {
  readonly from: string;
  readonly until: string;
}

/** @returns what was created; undefined when the site was there already. */
export async function createOnce({
  options,
  dataDir,
  now,
  signal,
}: Creation): Promise<Created | undefined> {
  const [hris, biostar] = [embeddedPath(Hris, dataDir), embeddedPath(BioStar, dataDir)];
  // BioStar gets its name first, when both are whole: a process killed just then left HRIS without.
  if (existsSync(biostar) && !existsSync(hris) && existsSync(partialOf(hris))) {
    renameSync(partialOf(hris), hris);
  }
  if (existsSync(biostar) && existsSync(hris)) return undefined;
  const until = options.until ?? dayText(today(options.zone, now) - 1);
  const plan = planSite({ ...options, until });
  const urls = { hris: sqliteUrl(hris), biostar: sqliteUrl(biostar) };
  const written = await writeSite(plan, urls, signal);
  return { ...written, from: dayText(plan.calendar.since), until };
}

/** The date in the zone; Canada writes it as ISO does. */
function today(zone: string, now: number): number {
  return parseDay(new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(now));
}

function sqliteUrl(file: string): string {
  return pathToFileURL(file).href.replace(/^file:/, 'sqlite:');
}
