// Celery beside the others, where Debian's python3-celery is installed: a process that takes and answers lines of JSON.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('./celery_peer.py', import.meta.url));

export interface CeleryDispatching {
  readonly seconds: number;
  /** Milliseconds of each. */
  readonly taken: number[];
}

export class Celery {
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(version: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.version = version;
    this.#child = child;
    this.#lines = lines;
  }

  /** Undefined where it is not installed. */
  static async start(redisUrl: string): Promise<Celery | undefined> {
    const { status } = spawnSync(python, ['-c', 'import celery, redis'], { stdio: 'ignore' });
    if (status !== 0) return undefined;
    const child = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, BENCH_REDIS_URL: redisUrl, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { version } = await next<{ version: string }>(lines);
    return new Celery(version, child, lines);
  }

  dispatch(jobs: number): Promise<CeleryDispatching> {
    return this.#ask({ do: 'dispatch', jobs });
  }

  /** Seconds from a worker being ready to the last completion. */
  async process(jobs: number, concurrency: number): Promise<number> {
    const { seconds } = await this.#ask<{ seconds: number }>({ do: 'process', jobs, concurrency });
    return seconds;
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await gone;
  }

  #ask<T>(question: object): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return next<T>(this.#lines);
  }
}

async function next<T>(lines: AsyncIterator<string>): Promise<T> {
  const { value, done } = await lines.next();
  if (done) throw new Error('Celery ended by itself');
  // What celery_peer.py prints.
  return JSON.parse(value) as T;
}
