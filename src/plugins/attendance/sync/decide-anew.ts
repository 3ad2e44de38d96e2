// Decides stored events anew after the settings have changed that decide about them.
//
// One pass goes through the log tables in the order of months and ids; each batch is one transaction that also notes
// how far the pass is, in `attendance_settings`:
//
//   settings = A                            all events are decided with A; others may store events with A
//   settings = A, next = B, after (m, id)   up to (m, id) events are decided with B, the others with A; nobody stores
//   settings = B                            all events are decided with B
//
// A pass that was cut short goes on after (m, id). Two runtimes that take part in one pass take turns, since each batch
// begins by holding the row. When the settings change again meanwhile, the pass is finished with B and another follows.
import type { EntityManager } from 'typeorm';
import type { RunContext } from '../../../core/run/run-context.js';
import type { ScopedDataSource } from '../../../datasources/scoped-data-source.js';
import { SiteZone } from '../rules/site-zone.js';
import type { Site } from '../site.js';
import { forgetTimes, nextMonth } from '../store/cursors.js';
import { Directory } from '../store/directory.js';
import {
  areCurrent,
  beginning,
  holdSettingsToChange,
  isSame,
  type Position,
  writeProgress,
} from '../store/settings.js';
import { type DecidedCounts, decideBatch } from './decide-batch.js';

/** How a step ended: there is more to do, all is done, or the directory no longer holds. */
type Step = 'more' | 'done' | 'stale';

/** Below every event id. */
const beforeFirstId = Number.MIN_SAFE_INTEGER;

export class DecideAnew {
  readonly #counts = { released: 0, withdrawn: 0, resolved: 0, moved: 0, dirtyDays: 0 };
  /** Events that were decided so far. */
  #decided = 0;
  #zone: SiteZone | undefined;
  /** Of a pass with settings that are not this site's. */
  #foreign: Directory | undefined;

  constructor(
    private readonly maria: ScopedDataSource,
    private readonly site: Site,
    private readonly context: Pick<RunContext, 'signal' | 'logger' | 'progress'>,
  ) {}

  get counts(): DecidedCounts {
    return this.#counts;
  }

  /**
   * Sees to it that all stored events are decided with the site's settings. Nothing but one row is read when they are.
   * @returns false, and some of it may be left to do, when the directory no longer holds.
   */
  async run(directory: Directory): Promise<boolean> {
    const { maria, site } = this;
    if (await maria.use((manager) => areCurrent(manager, site))) return true;
    for (;;) {
      this.context.signal.throwIfAborted();
      const step = await maria.transaction((manager) => this.#step(manager, directory));
      // How many there are is not counted: that would take as long as some batches.
      this.context.progress(0, `${this.#decided} events decided anew`);
      if (step === 'more') continue;
      if (step === 'done') {
        this.context.logger.info('all stored events are decided with the present settings', {
          source: site.source,
          ...this.#counts,
        });
      }
      return step === 'done';
    }
  }

  async #step(manager: EntityManager, known: Directory): Promise<Step> {
    const { maria, site } = this;
    const { settings, next } = await holdSettingsToChange(manager, maria.dialect, site);
    if (!next && isSame(settings, site.deciding)) return 'done';
    const target = next?.settings ?? site.deciding;
    const mine = isSame(target, site.deciding);
    const deciding = mine ? site : site.with(target);
    const directory = await Directory.hold(
      manager,
      maria.dialect,
      deciding,
      mine ? known : this.#foreign,
    );
    if (mine && directory !== known) return 'stale';
    if (!mine) this.#foreign = directory;
    if (!next) {
      this.context.logger.warn(
        'settings that decide about events have changed; all stored events are decided anew',
        { source: site.source, before: settings, now: target },
      );
    }

    const after = next?.after ?? beginning;
    // Every batch notes the times of its events, so that those of the settings before do not outlive them.
    if (after.month === beginning.month) await forgetTimes(manager, site.source);
    if (this.#zone?.id !== settings.zone) this.#zone = new SiteZone(settings.zone);
    const parts = { zone: this.#zone, site: deciding, directory };
    const position = await this.#batch(manager, parts, after);
    await writeProgress(manager, site, target, position);
    return !position && mine ? 'done' : 'more';
  }

  /** Decides one batch anew. Returns where the next one begins, or undefined after the last. */
  async #batch(
    manager: EntityManager,
    parts: { zone: SiteZone; site: Site; directory: Directory },
    { month, eventId }: Position,
  ): Promise<Position | undefined> {
    const { source } = this.site;
    if (month !== beginning.month) {
      const { dialect } = this.maria;
      const { lastId, decided, ...counts } = await decideBatch(
        manager,
        dialect,
        parts,
        month,
        eventId,
      );
      this.#counts.released += counts.released;
      this.#counts.withdrawn += counts.withdrawn;
      this.#counts.resolved += counts.resolved;
      this.#counts.moved += counts.moved;
      this.#counts.dirtyDays += counts.dirtyDays;
      this.#decided += decided;
      if (lastId !== undefined) return { month, eventId: lastId };
    }
    const following = await nextMonth(manager, source, month);
    return following === undefined ? undefined : { month: following, eventId: beforeFirstId };
  }
}
