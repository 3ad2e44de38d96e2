import { container } from 'tsyringe';
import { RunScope, type ScopeExtension, type ScopePart } from '../../src/core/run/scope.js';
import { NotInTime } from '../../src/core/within.js';

const identity = { executionId: 'e-1', task: 'demo', attempt: 1 };
const open = (extensions: ScopeExtension[] = [], disposeTimeoutMs = 1_000): RunScope =>
  new RunScope({ root: container.createChildContainer(), extensions, disposeTimeoutMs }, identity);

describe('scope of a run', () => {
  test('disposes what the task opened, then external sources, then the application, each last in first out', async () => {
    const scope = open();
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    scope.onDispose('maria', 'application', note('maria'));
    scope.onDispose('hris', 'external', note('hris'));
    scope.onDispose('file 1', 'task', note('file 1'));
    scope.onDispose('biostar', 'external', note('biostar'));
    scope.onDispose('file 2', 'task', note('file 2'));
    expect(await scope.dispose()).toEqual([]);
    expect(order).toEqual(['file 2', 'file 1', 'biostar', 'hris', 'maria']);
  });

  test('a step that throws, rejects or hangs is a warning and the next step runs', async () => {
    const scope = open([], 20);
    const done: string[] = [];
    const boom = new Error('boom');
    scope.onDispose('maria', 'application', () => void done.push('maria'));
    scope.onDispose('hangs', 'external', () => new Promise(() => undefined));
    scope.onDispose('rejects', 'external', () => Promise.reject(boom));
    scope.onDispose('throws', 'external', () => {
      throw boom;
    });
    const warnings = await scope.dispose();
    expect(warnings).toEqual([
      { name: 'throws', error: boom },
      { name: 'rejects', error: boom },
      { name: 'hangs', error: expect.any(NotInTime) },
    ]);
    expect(done).toEqual(['maria']);
  });

  test('a step that throws what cannot be returned, or would be waited for, is a warning like any other', async () => {
    const scope = open([], 20);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const done: string[] = [];
    scope.onDispose('last', 'task', () => void done.push('last'));
    for (const thrown of [proxy, new Promise(() => undefined), null]) {
      scope.onDispose('throws', 'task', () => {
        throw thrown;
      });
    }
    const warnings = await scope.dispose();
    expect(warnings.map(({ error }) => error instanceof Error)).toEqual([true, true, true]);
    expect(done).toEqual(['last']);
  });

  test('is closed from the moment disposal begins, also for the steps of disposal themselves', async () => {
    const scope = open();
    let seen: unknown;
    scope.onDispose('first', 'task', () => {
      try {
        scope.onDispose('late', 'task', () => undefined);
      } catch (error) {
        seen = error;
      }
    });
    await scope.dispose();
    expect(seen).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    expect(() => scope.assertOpen('anything')).toThrow(/attempt 1 of demo \(e-1\) had ended/);
  });

  test('code that was left behind dispatches nothing once the scope is disposed', async () => {
    const scope = open();
    await scope.dispose();
    let dispatched = 0;
    const late = scope.work.trackDispatch(async () => {
      dispatched += 1;
    });
    await expect(late).rejects.toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    expect(dispatched).toBe(0);
  });

  test('scopes of called tasks are closed as soon as the code of the run has ended', async () => {
    const scope = open();
    const called = scope.openInner('called');
    const callee = called.openInner('callee');
    const ended = scope.endWork();
    // Not only when they are disposed: the dispatches of the run are waited for before.
    for (const each of [scope, called, callee]) {
      expect(() => each.assertOpen('maria')).toThrow(/had ended/);
    }
    await ended;
    await scope.dispose();
  });

  test('two disposals are one', async () => {
    const scope = open();
    let times = 0;
    scope.onDispose('once', 'task', () => void times++);
    await Promise.all([scope.dispose(), scope.dispose()]);
    expect(times).toBe(1);
  });

  test('inner scopes are killed, disposed and accounted for with the outer one', async () => {
    const events: string[] = [];
    const part = (name: string): ScopePart => ({
      kill: async () => void events.push(`kill ${name}`),
      ledger: () => ({ opened: 1, closed: 1, killed: 0, leaked: 0 }),
    });
    const scope = open([
      {
        open(at) {
          at.onDispose(
            at.identity.task,
            'external',
            () => void events.push(`close ${at.identity.task}`),
          );
          return part(at.identity.task);
        },
      },
    ]);
    const inner = scope.openInner('inner');
    await scope.kill();
    await scope.dispose();
    expect(events).toEqual(['kill demo', 'kill inner', 'close inner', 'close demo']);
    expect(scope.ledger()).toEqual({ opened: 2, closed: 2, killed: 0, leaked: 0 });
    expect(() => inner.assertOpen('inner')).toThrow(/had ended/);
    expect(() => scope.openInner('late')).toThrow(/had ended/);
  });
});
