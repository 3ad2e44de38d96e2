// Plugin `hris`: replicates employees, departments, positions and shifts from HRIS into Maria.
import { installationCheck } from '../../core/host/installation-check.js';
import { definePlugin } from '../../core/host/plugin.js';
import { entities, Hris, Maria, migrations } from '../../datasources/index.js';
import { supportedEngineCheck } from '../../datasources/supported-engine.js';
import { hrisEntities } from './entities.js';
import { HrisReplication } from './hris-replication.js';
import { CreateHrisTables1767225600000 } from './migrations/create-hris-tables.js';
import { type HrisOptions, HrisOptionsToken, hrisOptions } from './options.js';

export {
  Department,
  Employee,
  EmployeePosition,
  Position,
  Shift,
  ShiftAssignment,
} from './entities.js';
export { HrisReplication, type ReplicationSummary } from './hris-replication.js';
export { TooManyRejectedError } from './replication/rejections.js';
export { ShortReadError } from './replication/short-read-error.js';
export type { RejectedRow } from './replication/source-values.js';
export type { ReplicaCounts } from './replication/table-replica.js';
export { holdRevision } from './revision.js';

export default definePlugin<HrisOptions>({
  name: 'hris',
  version: '0.1.0',
  options: hrisOptions,
  tasks: [HrisReplication],
  contributes: [
    entities(Maria, hrisEntities),
    migrations([CreateHrisTables1767225600000]),
    installationCheck(supportedEngineCheck(Hris)),
  ],

  register({ container, options }) {
    container.registerInstance(HrisOptionsToken, options);
  },
});
