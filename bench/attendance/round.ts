// One round: replication, synchronisation, the same again, calculation; in a process of its own, whose peak
// memory is then that of these tasks.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { container } from 'tsyringe';
import type { Logger } from '../../src/core/log/logger.js';
import { RunRecorder } from '../../src/core/run/run-recorder.js';
import { Runner } from '../../src/core/run/runner.js';
import { systemSeams } from '../../src/core/seams.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import { collectSources, DataSourceProvider } from '../../src/datasources/index.js';
import attendance from '../../src/plugins/attendance/index.js';
import { attendanceOptions } from '../../src/plugins/attendance/options.js';
import hris from '../../src/plugins/hris/index.js';
import { hrisOptions } from '../../src/plugins/hris/options.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';

export interface RoundUrls {
  readonly maria: string;
  readonly hris: string;
  readonly biostar: string;
}

export interface Measured {
  readonly events: number;
  readonly syncSeconds: number;
  readonly secondRunMs: number;
  readonly days: number;
  readonly complianceSeconds: number;
  /** Of the process, up to the end of the second synchronisation. */
  readonly peakMb: number;
}

/** Runs a round in a child process. */
export async function inChild(urls: RoundUrls): Promise<Measured> {
  const child = fork(process.argv[1] ?? '', [JSON.stringify(urls)]);
  const [measured] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a round ended with exit code ${code}`);
    }),
  ]);
  return measured as Measured; // the only message that a round sends
}

/** In the child: what the parent wants measured. */
export function roundAskedFor(): RoundUrls | undefined {
  return process.send && process.argv[2] ? (JSON.parse(process.argv[2]) as RoundUrls) : undefined;
}

/** In the child: measures, tells the parent, and ends. */
export async function measureRound(urls: RoundUrls): Promise<void> {
  const { run, close } = await install(urls);
  await run('hris_replication');
  const first = await run('sync_attendance');
  const second = await run('sync_attendance');
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const compliance = await run('calculate_compliance');
  await close();
  if (second.result.stored !== 0) throw new Error('the second run stored something');
  const measured: Measured = {
    events: first.result.read ?? 0,
    syncSeconds: first.ms / 1_000,
    secondRunMs: second.ms,
    days: compliance.result.days ?? 0,
    complianceSeconds: compliance.ms / 1_000,
    peakMb,
  };
  process.send?.(measured, () => process.disconnect());
}

const silent = (): void => undefined;
const logger: Logger = { error: console.error, warn: console.warn, info: silent, debug: silent };

/** The runner with both plugins, as the runtime puts them together. */
async function install({ maria, hris: hrisUrl, biostar }: RoundUrls) {
  const root = container.createChildContainer();
  const provider = new DataSourceProvider({
    sources: collectSources([hris, attendance]),
    options: {},
    environment: { MARIA_URL: maria, HRIS_URL: hrisUrl, BIOSTAR_URL: biostar },
    dataDir: '/nowhere',
    folder: '/nowhere',
    logger,
    seams: systemSeams,
  });
  await provider.migrator.run();
  const context = { container: root, logger, dataDir: '/nowhere', environment: {} };
  hris.register?.({ ...context, options: hrisOptions.parse({}) });
  attendance.register?.({ ...context, options: attendanceOptions.parse({}) });
  const { registry } = TaskRegistry.build(
    [hris, attendance].map(({ name, tasks = [] }) => ({ plugin: name, tasks })),
  );
  const runner = new Runner({
    registry,
    scopes: { root, extensions: [provider], disposeTimeoutMs: 5_000 },
    recorder: new RunRecorder(new MemoryTracker(), [], logger),
    logger,
    seams: systemSeams,
    limits: { payloadBytes: 1024 * 1024, resultBytes: 1024 * 1024 },
    worker: 'bench',
  });
  const run = async (task: string): Promise<{ ms: number; result: Record<string, number> }> => {
    const envelope = {
      ...{ v: 1, id: task, task, queue: 'default', payload: null },
      ...{ attempt: 1, dispatchedAt: 0, triggeredBy: 'bench' },
    };
    const began = performance.now();
    const settlement = await runner.perform({ id: task, raw: envelope, crashes: 0 });
    const ms = performance.now() - began;
    if (settlement.kind !== 'final' || settlement.state !== 'success') {
      throw new Error(`${task}: ${JSON.stringify(settlement)}`);
    }
    // The summaries of these tasks are objects of numbers.
    return { ms, result: settlement.report.result as Record<string, number> };
  };
  return { run, close: () => provider.close() };
}
