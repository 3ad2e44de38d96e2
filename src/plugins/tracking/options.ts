// The options of the plugin in plugins.json.
import { z } from 'zod';
import { finalStates } from '../../core/execution.js';
import { retentionSchema } from '../../core/tasks/option-schemas.js';

export const trackingOptions = z.strictObject({
  retention: retentionSchema.default('30d').describe('How long an execution is kept after its end'),
  retentionByState: z
    .partialRecord(z.enum(finalStates), retentionSchema)
    .default({})
    .describe('The same for those that ended in this state, in place of `retention`'),
});

/** The options of the plugin, completed. */
export type TrackingOptions = z.output<typeof trackingOptions>;
