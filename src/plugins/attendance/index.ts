// Plugin `attendance`: brings in attendance events from BioStar and computes the compliance of employees.
import { installationCheck } from '../../core/host/installation-check.js';
import { definePlugin } from '../../core/host/plugin.js';
import { BioStar, entities, Maria, migrations } from '../../datasources/index.js';
import { supportedEngineCheck } from '../../datasources/supported-engine.js';
import { CalculateCompliance } from './calculate-compliance.js';
import { attendanceEntities } from './entities.js';
import { CreateAttendanceSettings1796083200000 } from './migrations/create-attendance-settings.js';
import { CreateAttendanceTables1767225600001 } from './migrations/create-attendance-tables.js';
import { type AttendanceOptions, attendanceOptions } from './options.js';
import { Site } from './site.js';
import { SyncAttendance } from './sync-attendance.js';

export {
  CalculateCompliance,
  type ComplianceSummary,
  type Recalculation,
} from './calculate-compliance.js';
export { AttendanceEvent, ComplianceDay, QuarantinedEvent } from './entities.js';
export type { QuarantineReason } from './rules/clock-check.js';
export type { DayStatus } from './rules/day-result.js';
export { SettingsConflictError } from './store/settings.js';
export { SyncAttendance, type SyncSummary } from './sync-attendance.js';

export default definePlugin<AttendanceOptions>({
  name: 'attendance',
  version: '0.1.0',
  requires: { hris: '^0.1.0' },
  options: attendanceOptions,
  tasks: [SyncAttendance, CalculateCompliance],
  contributes: [
    entities(Maria, attendanceEntities),
    migrations([CreateAttendanceTables1767225600001, CreateAttendanceSettings1796083200000]),
    installationCheck(supportedEngineCheck(BioStar)),
  ],

  register({ container, options }) {
    container.registerInstance(Site, new Site(options, Date.now));
  },
});
