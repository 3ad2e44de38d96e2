// `skep doctor`: connects to everything that is configured and says what it found.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { examineDataDir } from '../../core/config/data-dir.js';
import { formatMs } from '../../core/duration.js';
import { describedEntry } from '../../core/errors/entries.js';
import { SkepError } from '../../core/errors/skep-error.js';
import { askProbe, type Finding, probes } from '../../core/host/probe.js';
import { redact, redactText } from '../../core/log/redact.js';
import type { Broker } from '../../core/ports/broker.js';
import { skepVersion } from '../../core/version.js';
import { NotInTime, within } from '../../core/within.js';
import { Maria, type ProbeReport } from '../../datasources/index.js';
import {
  type Composition,
  closeRuntime,
  compose,
  examineInjection,
  mariaOfOneMachine,
  queuesWithoutTasks,
  type SkepInstallation,
} from '../../main.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { type Examined, examine, type Found } from '../examine.js';
import { clockWarnings } from '../terminal/clock-warnings.js';
import { fileWarnings } from '../terminal/file-warnings.js';
import { sourceWarnings } from '../terminal/source-warnings.js';
import { clockText, isFarOff } from '../terminal/states.js';

const nameWidth = 13;
const queueTimeoutMs = 20_000;
const closeTimeoutMs = 5_000;

export function doctorCommand(command: Command): void {
  addExamples(command, ['skep doctor', 'skep doctor --json']).action(action(doctor));
}

async function doctor(context: CommandContext): Promise<number> {
  const installation = await context.install();
  const parts = compose({ installation, logger: context.logger(installation) });
  const findings: Examined[] = [
    { name: 'skep', found: `${skepVersion} on Node ${process.versions.node}` },
    examineConfig(installation),
    await examine('data folder', async () => {
      const { dataDir } = installation;
      return examineDataDir(dataDir) ? { found: dataDir } : notMadeYet(dataDir);
    }),
    examineFiles(installation),
    await examine('queue', () => examineQueue(parts)),
    ...(await examineSources(parts)),
    await examine('migrations', () => examineMigrations(parts)),
    ...(await examineServices(parts)),
  ];
  await closeRuntime(parts, { timeoutMs: closeTimeoutMs });
  print(context, findings);
  const exitCodes = findings.map((each) =>
    'problem' in each ? describedEntry(each.problem.code).exitCode : 0,
  );
  return exitCodes.includes(2) ? 2 : Math.max(...exitCodes);
}

function examineConfig(installation: SkepInstallation): Examined {
  const { file, plugins } = installation;
  return {
    name: 'plugins.json',
    found: `${file}, ${plugins.length} plugins`,
    warnings: queuesWithoutTasks(installation).map((queue) => ({
      message: `no task is in a queue of plugins.json: ${queue}`,
      remedy: 'Take it out of "queues", mend its name, or enable the plugin whose tasks are in it.',
    })),
  };
}

function examineFiles({ file, dataDir }: SkepInstallation): Examined {
  const envFile = join(dirname(file), '.env');
  const warnings = fileWarnings({ dataDir, envFile, uid: process.getuid?.() });
  const found = warnings.length === 0 ? 'for the user of Skep alone' : 'who may read them';
  return { name: 'files', found, ...(warnings.length === 0 ? {} : { warnings }) };
}

/** What the first start makes; a diagnosis does not make it. */
const notMadeYet = (path: string): Found => ({
  found: pc.dim(`${path} is not there yet; it is made at the first start`),
  facts: { missing: true },
});

async function examineQueue({ broker }: Composition): Promise<Found> {
  const { missingFile } = broker;
  if (missingFile !== undefined) {
    const { found, facts } = notMadeYet(missingFile);
    const none = { waiting: 0, delayed: 0, active: 0, workers: 0, paused: [] };
    return { found: `${broker.name}: ${found}`, facts: { ...facts, ...none } };
  }
  const { found, warnings, clockAheadMs, queues, workers } = await answerOf(broker);
  const facts = { waiting: 0, delayed: 0, active: 0, workers: workers.length };
  const clock = clockAheadMs === undefined ? {} : { clockAheadMs };
  for (const queue of queues) {
    facts.waiting += queue.waiting;
    facts.delayed += queue.delayed;
    facts.active += queue.active;
  }
  const { waiting, delayed, active } = facts;
  const paused = queues.filter((queue) => queue.paused).map(({ name }) => name);
  const counts = [
    `${waiting} waiting, ${delayed} delayed, ${active} active`,
    ...(paused.length > 0 ? [pc.yellow(`paused: ${paused.join(', ')}`)] : []),
    workers.length === 1 ? '1 worker' : `${workers.length} workers`,
    ...(clockAheadMs === undefined ? [] : [`clock ${clockText(clockAheadMs)}`]),
  ];
  return {
    found: `${broker.name}: ${found}; ${counts.join(', ')}`,
    warnings: [...warnings, ...clockWarnings(clockAheadMs, workers)],
    facts: { ...facts, ...clock, paused },
  };
}

/** Bounded here too: a diagnosis that does not end is none. */
async function answerOf(broker: Broker) {
  try {
    return await within(async () => {
      await broker.open();
      const [facts, queues, workers] = await Promise.all([
        broker.examine(),
        broker.queues(),
        broker.workers(),
      ]);
      return { ...facts, queues, workers };
    }, queueTimeoutMs);
  } catch (error) {
    if (!(error instanceof NotInTime)) throw error;
    const message = `the ${broker.name} queue gave no answer within ${formatMs(queueTimeoutMs)}`;
    throw new SkepError('SKEP_QUEUE_UNREACHABLE', message, { cause: error });
  }
}

/** What plugins depend on, as they know it. */
async function examineServices(parts: Composition): Promise<Examined[]> {
  const { host, container } = parts;
  const registered = await examine('plugins', async () => {
    host.register();
    return { found: `${host.plugins.length} registered` };
  });
  if ('problem' in registered) return [registered];
  const probed = await Promise.all(
    host
      .contributionsBy(probes)
      .map(({ plugin, value }) =>
        examine(value.name, () => askProbe({ plugin, probe: value }, container)),
      ),
  );
  return [...injectionFindings(parts), ...probed];
}

/** What the start would refuse, one finding for each mistake; the plugins are not started for it. */
function injectionFindings({ container, installation }: Composition): Examined[] {
  const name = 'injection';
  const { mistakes, unlessStarted, starting } = examineInjection(container, installation);
  const unless = `unless start() of ${starting.join(' or ')} registers it, which is not run here`;
  const warnings = unlessStarted.map((mistake) => ({
    message: `${mistake.place}: ${mistake.message}, ${unless}`,
    remedy: mistake.remedy,
  }));
  const problems = mistakes.map((problem) => ({ name, problem }));
  if (problems.length > 0 && warnings.length === 0) return problems;
  const { length } = installation.registry.all;
  const tasks = length === 1 ? '1 task' : `${length} tasks`;
  const found = `constructors of ${tasks} checked`;
  return [...problems, { name, found, ...(warnings.length > 0 ? { warnings } : {}) }];
}

function examineSources({ sources, installation }: Composition): Promise<Examined[]> {
  return Promise.all(
    sources.definitions.map((definition) =>
      examine(definition.name, async () => {
        const { env, role, embeddedFile } = definition;
        const url = installation.environment[env];
        const file = join(installation.dataDir, embeddedFile);
        if (url === undefined && role === 'external' && !existsSync(file)) {
          return { found: pc.dim(`not configured: ${env} is not set, and there is no sample`) };
        }
        const warning = role === 'application' ? mariaOfOneMachine(installation) : undefined;
        const warnings = warning === undefined ? {} : { warnings: [warning] };
        const missingFile = sources.missingFile(definition);
        if (missingFile !== undefined) return { ...notMadeYet(missingFile), ...warnings };
        const report = await sources.probe(definition);
        const all = [...(warning === undefined ? [] : [warning]), ...sourceWarnings(report)];
        const warned = all.length === 0 ? {} : { warnings: all };
        return { found: describe(report), facts: { ...report }, ...warned };
      }),
    ),
  );
}

function describe(report: ProbeReport): string {
  const skew = report.clockSkewMs;
  return [
    `${report.version} at ${report.address}`,
    `connected in ${report.connectMs.toFixed(1)} ms`,
    `round trip ${report.latencyMs.toFixed(2)} ms`,
    ...(report.readOnly ? ['read only'] : []),
    ...(skew === undefined ? [] : [`clock ${skew >= 0 ? '+' : ''}${skew} ms`]),
    ...(isFarOff(skew) ? [pc.yellow('the clocks differ; check NTP')] : []),
  ].join(', ');
}

async function examineMigrations({ sources }: Composition): Promise<Finding> {
  const { pending, unknown } = await sources.migrator.status();
  const facts = { pending, unknown };
  if (pending.length > 0 && sources.missingFile(Maria) !== undefined) {
    return { found: pc.dim(`${pending.length} pending, applied at the first start`), facts };
  }
  if (pending.length === 0 && unknown.length === 0) return { found: 'up to date', facts };
  const parts = [
    ...(pending.length > 0 ? [`${pending.length} pending, run \`skep migrate\``] : []),
    ...(unknown.length > 0 ? [`${unknown.length} made by a newer version`] : []),
  ];
  return { found: pc.yellow(parts.join(', ')), facts };
}

function print({ output }: CommandContext, findings: readonly Examined[]): void {
  if (output.json) {
    output.document(findings.map((each) => redact(asJson(each))));
    return;
  }
  for (const each of findings) {
    if ('problem' in each) {
      const { code, message, place, remedy } = each.problem;
      const below = (word: string, text: string): void =>
        output.line(`  ${''.padEnd(nameWidth)} ${pc.dim(word.padEnd(6))} ${text}`);
      output.line(`${pc.red('✗')} ${each.name.padEnd(nameWidth)} ${code}: ${redactText(message)}`);
      if (place !== undefined) below('at', redactText(place));
      below('remedy', redactText(remedy));
      continue;
    }
    output.line(`${pc.green('✓')} ${each.name.padEnd(nameWidth)} ${redactText(each.found)}`);
    for (const { message, remedy } of each.warnings ?? []) {
      output.line(`${pc.yellow('!')} ${''.padEnd(nameWidth)} ${pc.yellow(redactText(message))}`);
      output.line(`  ${''.padEnd(nameWidth)} ${pc.dim('remedy')} ${redactText(remedy)}`);
    }
  }
}

function asJson(each: Examined): object {
  if (!('problem' in each)) {
    const { warnings } = each;
    return {
      name: each.name,
      ok: true,
      found: each.found,
      ...each.facts,
      ...(warnings ? { warnings } : {}),
    };
  }
  const { code, message, place, remedy } = each.problem;
  const at = place === undefined ? {} : { place };
  return { name: each.name, ok: false, code, message, ...at, remedy };
}
