// Plugin `sample-site`: an HRIS and a BioStar to try Skep on, and the answer key of what is in them.
import { definePlugin } from '../../core/host/plugin.js';
import { BioStar } from '../../datasources/biostar.js';
import { Hris } from '../../datasources/hris.js';
import { createOnce } from './create-once.js';
import { type PluginOptions, pluginOptions } from './options.js';

export {
  type AnswerKey,
  answerKey,
  type ExpectedDay,
  type ExpectedReplication,
} from './answer-key.js';
export type { Step } from './calendar.js';
export type { ExpectedEvents } from './event-tally.js';
export type { SiteOptions } from './options.js';
export { planSite, type SitePlan } from './plan.js';
export { type SiteUrls, type Written, writeLater, writeSite } from './write-site.js';

export default definePlugin<PluginOptions>({
  name: 'sample-site',
  version: '0.1.0',
  options: pluginOptions,

  /** Stands in for both sources or for none: one of them alone would not fit a real other one. */
  async start({ options, environment, dataDir, logger, signal }) {
    if (environment[Hris.env] || environment[BioStar.env]) return;
    const startedAt = performance.now();
    const created = await createOnce({ options, dataDir, now: Date.now(), signal });
    if (created === undefined) return;
    const { employees, events, from, until } = created;
    const durationMs = Math.round(performance.now() - startedAt);
    logger.info(
      `sample site created: ${employees} employees, ${events} events from ${from} to ${until}`,
      { durationMs },
    );
  },
});
