// One round with the binary itself: each task is a process `skep run`, whose peak memory is that task's.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface RoundUrls {
  readonly maria: string;
  readonly hris: string;
  readonly biostar: string;
}

export interface Measured {
  readonly events: number;
  readonly syncSeconds: number;
  /** Of the process that synchronised. */
  readonly peakMb: number;
  readonly secondRunMs: number;
  readonly days: number;
  readonly complianceSeconds: number;
}

interface Ran {
  readonly durationMs: number;
  readonly result: Readonly<Record<string, number>>;
  readonly peakMb: number;
}

const dist = (path: string): string =>
  fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** Loaded before the binary: notes the peak memory of its process when it ends. */
const noting = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  process.on('exit', () => writeFileSync('peak', String(process.resourceUsage().maxRSS / 1024)));
`)}`;

/** Replication, synchronisation, the same again, calculation, into an empty Maria. */
export async function measureRound(urls: RoundUrls): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'skep-bench-'));
  try {
    const skep = await binary(folder, urls);
    await skep('migrate');
    const run = async (task: string): Promise<Ran> => {
      const { durationMs, result } = JSON.parse(await skep('run', task, '--json')) as Ran;
      return { durationMs, result, peakMb: Number(await readFile(join(folder, 'peak'))) };
    };
    await run('hris_replication');
    const first = await run('sync_attendance');
    const second = await run('sync_attendance');
    const compliance = await run('calculate_compliance');
    if (second.result.stored !== 0) throw new Error('the second run stored something');
    return {
      events: first.result.read ?? 0,
      syncSeconds: first.durationMs / 1_000,
      peakMb: first.peakMb,
      secondRunMs: second.durationMs,
      days: compliance.result.days ?? 0,
      complianceSeconds: compliance.durationMs / 1_000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An installation with the plugins of the main job; gives what a command of the binary prints. */
async function binary(folder: string, { maria, hris, biostar }: RoundUrls) {
  const plugins = ['tracking', 'hris', 'attendance'].map((name) =>
    relative(folder, dist(`plugins/${name}/index.js`)),
  );
  await writeFile(join(folder, 'plugins.json'), JSON.stringify({ plugins }));
  const env = {
    ...{ MARIA_URL: maria, HRIS_URL: hris, BIOSTAR_URL: biostar },
    ...{ PATH: process.env.PATH, SKEP_DATA_DIR: join(folder, 'data') },
  };
  return async (...command: readonly string[]): Promise<string> => {
    const parameters = ['--import', noting, dist('cli/skep.js'), ...command];
    const { stdout } = await promisify(execFile)(process.execPath, parameters, {
      cwd: folder,
      env,
    });
    return stdout;
  };
}
