// `skep doctor`: connects to everything that is configured and says what it found.
import type { Command } from 'commander';
import pc from 'picocolors';
import { prepareDataDir } from '../../core/config/data-dir.js';
import { errorCatalogue } from '../../core/errors/catalogue.js';
import { problemsOf, type SkepError } from '../../core/errors/skep-error.js';
import { skepVersion } from '../../core/version.js';
import type { ProbeReport } from '../../datasources/index.js';
import { type Composition, compose } from '../../main.js';
import { action, addCommand, type CommandContext } from '../command.js';

/** What was found of one thing, or what is wrong with it. */
interface Finding {
  readonly name: string;
  readonly found?: string;
  readonly facts?: object;
  readonly problem?: SkepError;
}

/** From here on, times written by two machines are visibly out of order. */
const largeSkewMs = 2_000;

export function doctorCommand(program: Command): void {
  addCommand(program, 'doctor', 'Connect to everything that is configured and say what was found', [
    'skep doctor',
    'skep doctor --json',
  ]).action(action(doctor));
}

async function doctor(context: CommandContext): Promise<number> {
  const installation = await context.install();
  const parts = compose({ installation, logger: context.logger(installation) });
  const findings = [
    { name: 'skep', found: `${skepVersion} on Node ${process.versions.node}` },
    { name: 'plugins.json', found: `${installation.file}, ${installation.plugins.length} plugins` },
    await examine('data folder', async () => {
      prepareDataDir(installation.dataDir);
      return { found: installation.dataDir };
    }),
    await examine('queue', () => examineQueue(parts)),
    ...(await examineSources(parts)),
    await examine('migrations', () => examineMigrations(parts)),
  ];
  await parts.sources.close();
  await parts.broker.close();
  print(context, findings);
  const exitCodes = findings.map(({ problem }) =>
    problem ? errorCatalogue[problem.code].exitCode : 0,
  );
  return exitCodes.includes(2) ? 2 : Math.max(...exitCodes);
}

async function examine(name: string, look: () => Promise<Omit<Finding, 'name'>>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const [problem] = problemsOf(error);
    return { name, ...(problem ? { problem } : {}) };
  }
}

async function examineQueue({ broker }: Composition): Promise<Omit<Finding, 'name'>> {
  await broker.open();
  const queues = await broker.queues();
  const sum = (key: 'waiting' | 'delayed' | 'active'): number =>
    queues.reduce((total, queue) => total + queue[key], 0);
  const facts = { waiting: sum('waiting'), delayed: sum('delayed'), active: sum('active') };
  const { waiting, delayed, active } = facts;
  return {
    found: `${broker.name}: ${waiting} waiting, ${delayed} delayed, ${active} active`,
    facts,
  };
}

function examineSources({ sources }: Composition): Promise<Finding[]> {
  return Promise.all(
    sources.definitions.map((definition) =>
      examine(definition.name, async () => {
        const report = await sources.probe(definition);
        return { found: describe(report), facts: report };
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
    ...(Math.abs(skew ?? 0) > largeSkewMs ? [pc.yellow('the clocks differ; check NTP')] : []),
  ].join(', ');
}

async function examineMigrations({ sources }: Composition): Promise<Omit<Finding, 'name'>> {
  const { pending, unknown } = await sources.migrator.status();
  const facts = { pending, unknown };
  if (pending.length === 0 && unknown.length === 0) return { found: 'up to date', facts };
  const parts = [
    ...(pending.length > 0 ? [`${pending.length} pending, run \`skep migrate\``] : []),
    ...(unknown.length > 0 ? [`${unknown.length} made by a newer version`] : []),
  ];
  return { found: pc.yellow(parts.join(', ')), facts };
}

function print({ output }: CommandContext, findings: readonly Finding[]): void {
  if (output.json) {
    output.document(
      findings.map(({ name, found, facts, problem }) =>
        problem
          ? {
              name,
              ok: false,
              code: problem.code,
              message: problem.message,
              remedy: problem.remedy,
            }
          : { name, ok: true, found, ...facts },
      ),
    );
    return;
  }
  for (const { name, found, problem } of findings) {
    const mark = problem ? pc.red('✗') : pc.green('✓');
    output.line(
      `${mark} ${name.padEnd(13)} ${problem ? `${problem.code}: ${problem.message}` : found}`,
    );
    if (problem) output.line(`  ${''.padEnd(13)} ${pc.dim('remedy')} ${problem.remedy}`);
  }
}
