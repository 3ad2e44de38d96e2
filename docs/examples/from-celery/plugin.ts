// The registry: what this plugin brings. A class that is not listed here is not a task of the installation.
import { definePlugin, entities, Maria, migrations } from 'skep';
import { CheckCodes } from './check-codes.js';
import { CopyHeadcounts } from './copy-headcounts.js';
import { CountEmployees } from './count-employees.js';
import { CreateHeadcount1767312000000, HeadcountEntity } from './headcount.js';
import { ImportHolidays } from './import-holidays.js';
import { Nightly } from './nightly.js';
import { RebuildHeadcounts } from './rebuild-headcounts.js';
import { ReportHeadcounts } from './report-headcounts.js';

export default definePlugin({
  name: 'headcounts',
  version: '1.0.0',
  tasks: [
    CheckCodes,
    CopyHeadcounts,
    CountEmployees,
    ImportHolidays,
    Nightly,
    RebuildHeadcounts,
    ReportHeadcounts,
  ],
  contributes: [entities(Maria, [HeadcountEntity]), migrations([CreateHeadcount1767312000000])],
});
