// The task `hris_replication`.
import type { EntityManager } from 'typeorm';
import { transientDatabase } from '../../core/errors/transient/transient.js';
import type { RunContext } from '../../core/run/run-context.js';
import { Retry, Task, TimeLimit, Tracked } from '../../core/tasks/decorators.js';
import { inject } from '../../core/tasks/inject.js';
import { Hris, Maria, type ScopedDataSource } from '../../datasources/index.js';
import { type SourceDialect, supportedDialect } from '../../datasources/supported-engine.js';
import type { Department, ReplicatedRow } from './entities.js';
import { type HrisOptions, HrisOptionsToken } from './options.js';
import { orderDepartments } from './replication/department-tree.js';
import { Rejections } from './replication/rejections.js';
import { type PageReader, pagesOf, type SourcePage } from './replication/source-pages.js';
import * as source from './replication/source-tables.js';
import type { RejectedRow } from './replication/source-values.js';
import { keptDepartments, makeTop } from './replication/stored-departments.js';
import { type ReplicaCounts, TableReplica } from './replication/table-replica.js';
import { raiseRevision } from './revision.js';

/** What a replication did, in total and by table. */
export interface ReplicationSummary extends ReplicaCounts {
  readonly tables: {
    readonly departments: ReplicaCounts;
    readonly employees: ReplicaCounts;
    readonly positions: ReplicaCounts;
    readonly employeePositions: ReplicaCounts;
    readonly shifts: ReplicaCounts;
    readonly shiftAssignments: ReplicaCounts;
  };
  /** Ids of departments that are each other's ancestors; the first of each became a top department. */
  readonly cycles: readonly (readonly number[])[];
  /** The first 20 of the rows that were set aside; `rejected` counts all. */
  readonly rejections: readonly RejectedRow[];
}

/**
 * Replicates departments, employees, positions and shifts from HRIS into Maria: all in one transaction, so
 * that a failure or a read that cannot be believed changes nothing. A row with a value that cannot be taken is set
 * aside and named; what was stored of it before stands.
 */
@Task({ code: 'hris_replication', description: 'Replicates employees, departments and shifts' })
@Retry({
  maxRetries: 5,
  on: [transientDatabase],
  delay: '30s',
  backoff: 'exponential',
  maxDelay: '15m',
})
@TimeLimit({ soft: '10m', hard: '12m' })
@Tracked()
export class HrisReplication {
  constructor(
    @inject(Hris) private readonly hris: ScopedDataSource,
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(HrisOptionsToken) private readonly options: HrisOptions,
  ) {}

  async run(_payload: undefined, context: RunContext): Promise<ReplicationSummary> {
    // One transaction on the source too, so that all tables are read as of one moment.
    return this.hris.transaction(async (from) => {
      const dialect = supportedDialect(Hris, this.hris.dialect);
      await readAsOfOneMoment(from, dialect);
      return this.maria.transaction((into) =>
        this.#replicate(
          {
            manager: from,
            dialect,
            size: this.options.batchSize,
            signal: context.signal,
            rejections: new Rejections(this.options.maxRejected),
          },
          into,
          context,
        ),
      );
    });
  }

  async #replicate(
    from: PageReader,
    into: EntityManager,
    context: RunContext,
  ): Promise<ReplicationSummary> {
    const { rejections } = from;
    const copy = <Row extends ReplicatedRow>(table: source.SourceTable<Row>) =>
      this.#copy(into, table, pagesOf(from, table));
    const { cycles, counts: departments } = await this.#copyDepartments(from, into, context);
    context.progress(1 / 6, 'departments');
    const employees = await copy(source.employees);
    context.progress(2 / 6, 'employees');
    const positions = await copy(source.positions);
    context.progress(3 / 6, 'positions');
    const employeePositions = await copy(source.employeePositions);
    context.progress(4 / 6, 'employee positions');
    const shifts = await copy(source.shifts);
    context.progress(5 / 6, 'shifts');
    const shiftAssignments = await copy(source.shiftAssignments);
    context.progress(1, 'shift assignments');

    const tables = {
      departments,
      employees,
      positions,
      employeePositions,
      shifts,
      shiftAssignments,
    };
    const total = sum(Object.values(tables));
    if (total.inserted + total.updated + total.deactivated > 0) await raiseRevision(into);
    if (rejections.count > 0) {
      context.logger.warn(
        'rows of HRIS have values that cannot be taken; they are set aside, and what was stored of them before stands',
        { rejected: rejections.count, first: rejections.named },
      );
    }
    return { ...total, tables, cycles, rejections: rejections.named };
  }

  /** The tree is read as a whole: its order is known only then. */
  async #copyDepartments(from: PageReader, into: EntityManager, { logger }: RunContext) {
    const read: Department[] = [];
    const rejected: RejectedRow[] = [];
    for await (const page of pagesOf(from, source.departments)) {
      read.push(...page.rows);
      rejected.push(...page.rejected);
    }
    // Departments that are set aside stay in the tree as they are stored: their children keep them as their parent.
    const kept = new Map((await keptDepartments(into, rejected)).map((each) => [each.id, each]));
    const { ordered, cycles, orphans } = orderDepartments([...read, ...kept.values()]);
    for (const cycle of cycles) {
      logger.warn('departments are each other’s ancestors; the first becomes a top department', {
        cycle,
      });
    }
    if (orphans.length > 0) {
      logger.warn(
        'departments name a parent that HRIS does not have, or that was never replicated; they become top departments',
        {
          departments: orphans,
        },
      );
    }
    const rows = ordered.filter(({ id }) => !kept.has(id));
    const counts = await this.#copy(into, source.departments, [{ rows, rejected }]);
    await makeTop(
      into,
      ordered.filter(({ id, parentId }) => kept.has(id) && kept.get(id)?.parentId !== parentId),
    );
    return { cycles, counts };
  }

  async #copy<Row extends ReplicatedRow>(
    into: EntityManager,
    table: source.SourceTable<Row>,
    pages: AsyncIterable<SourcePage<Row>> | Iterable<SourcePage<Row>>,
  ): Promise<ReplicaCounts> {
    const replica = await TableReplica.open(into, table);
    for await (const { rows, rejected } of pages) {
      replica.setAside(rejected);
      await replica.write(rows);
    }
    return replica.finish(this.options);
  }
}

/** First statement of a transaction: PostgreSQL would show each later one what was committed before that one. */
async function readAsOfOneMoment(manager: EntityManager, dialect: SourceDialect): Promise<void> {
  if (dialect === 'postgres')
    await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
}

function sum(counts: readonly ReplicaCounts[]): ReplicaCounts {
  const total = { read: 0, inserted: 0, updated: 0, deactivated: 0, unchanged: 0, rejected: 0 };
  for (const each of counts) {
    total.read += each.read;
    total.inserted += each.inserted;
    total.updated += each.updated;
    total.deactivated += each.deactivated;
    total.unchanged += each.unchanged;
    total.rejected += each.rejected;
  }
  return total;
}
