// Under npm and npx a runtime has a shell for its parent, which keeps signals to itself: it drains all the same.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithLauncher } from '../../src/cli/launcher-watch.js';
import type { Stopped } from '../../src/cli/stop-signal.js';
import { rememberingLogger } from '../support/harness.js';
import { site } from '../support/skep.js';

const binary = fileURLToPath(new URL('../../dist/cli/skep.js', import.meta.url));

function stopWatch() {
  const controller = new AbortController();
  return {
    stopped: new Promise<Stopped>(() => undefined),
    signal: controller.signal,
    stop: (why: Stopped) => controller.abort(why),
  };
}

describe('the watch', () => {
  const npm = { npm_lifecycle_event: 'start' };

  test('stops as on SIGTERM when the parent has changed', async () => {
    const stop = stopWatch();
    const { logger, lines } = rememberingLogger();
    let parent = 42;
    const stopped = new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
    endWithLauncher(stop, logger, {
      environment: npm,
      first: 42,
      parent: () => parent,
      everyMs: 1,
    });
    expect(stop.signal.aborted).toBe(false);
    parent = 1;
    // The watch keeps no process alive.
    const alive = setInterval(() => undefined, 1_000);
    await stopped;
    clearInterval(alive);
    expect(stop.signal.reason).toMatchObject({ exitCode: 143 });
    expect(lines).toMatchObject([{ level: 'warn' }]);
  });

  test('notices a parent that was gone before it began', () => {
    const stop = stopWatch();
    const { logger } = rememberingLogger();
    endWithLauncher(stop, logger, { environment: npm, first: 42, parent: () => 1 });
    expect(stop.signal.aborted).toBe(true);
  });

  test('does nothing without npm: a daemon may be given to init', () => {
    const stop = stopWatch();
    const { logger } = rememberingLogger();
    endWithLauncher(stop, logger, { environment: {}, first: 42, parent: () => 1 });
    expect(stop.signal.aborted).toBe(false);
  });
});

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

test.each([
  ['npm start', ['npm', 'start'], 'skep start'],
  ['npx skep start', ['npx', 'skep', 'start'], 'unused'],
  ['npm start with exec', ['npm', 'start'], 'exec skep start'],
])(
  'SIGTERM to %s drains the runtime',
  async (_, [command = '', ...args], script) => {
    using folder = site(
      { plugins: ['./plugin.mjs'] },
      {
        'plugin.mjs': `
      import { definePlugin } from 'skep';
      export default definePlugin({ name: 'site', version: '1.0.0' });
    `,
        'package.json': JSON.stringify({ name: 'site', private: true, scripts: { start: script } }),
      },
    );
    const bin = join(folder.path, 'node_modules/.bin');
    mkdirSync(bin);
    folder.write(
      'node_modules/.bin/skep',
      `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`,
    );
    chmodSync(join(bin, 'skep'), 0o755);
    const launcher = spawn(command, args, {
      cwd: folder.path,
      // Nothing of the npm that runs the tests.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_update_notifier: 'false' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: whatever is left of it when the test is over is ended with it.
      detached: true,
    });
    using _group = { [Symbol.dispose]: () => endGroup(launcher.pid) };
    let stderr = '';
    // Closed when the last process has ended that writes to it: the runtime, too, when it has lost its parents.
    const closed = new Promise<number | null>((resolve) => launcher.once('close', resolve));
    launcher.stderr.on('data', (chunk) => {
      stderr += String(chunk);
      if (stderr.includes('"ready"') && !launcher.killed) launcher.kill('SIGTERM');
    });
    const code = await closed;
    // Where npm lost its shell, it ends by the signal itself.
    expect(code).toBe(script.startsWith('exec') ? 143 : null);
    expect(stderr).toMatch(/"message":"stopped"/);
    expect(stderr.includes('what started this process is gone')).toBe(!script.startsWith('exec'));
  },
  60_000,
);
