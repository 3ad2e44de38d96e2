// The table of tasks says what is installed, and what was.
import { Task } from '../../../../src/core/tasks/decorators.js';
import type { TaskClass } from '../../../../src/core/tasks/task-class.js';
import { Registrar } from '../../../../src/plugins/tracking/roles/registrar.js';
import { onBothEngines } from '../../../datasources/support.js';
import { registryOf, rememberingLogger } from '../../../support/harness.js';
import { until } from '../../../support/until.js';
import { TrackedWorld } from './world.js';

@Task({ code: 'wash', description: 'Washes' })
class Wash {
  run(): void {}
}
@Task({ code: 'wash', queue: 'slow', description: 'ü'.repeat(200) })
class WashOtherwise {
  run(): void {}
}
@Task({ code: 'dry' })
class Dry {
  run(): void {}
}

onBothEngines('the registration of tasks', (engine) => {
  let world: TrackedWorld;
  beforeAll(async () => {
    world = await TrackedWorld.open(engine);
  });
  afterEach(() => world.clear());
  afterAll(() => world.close());

  function registrar(...tasks: TaskClass[]) {
    const { logger, lines } = rememberingLogger();
    const registry = registryOf(...tasks);
    return { role: new Registrar({ database: world.database, registry, logger }), lines };
  }
  const rows = () => world.query('SELECT * FROM task_function ORDER BY code');

  it('writes what is new and what has changed, and nothing twice', async () => {
    const first = registrar(Wash, Dry);
    await first.role.round();
    const before = await rows();
    expect(before).toMatchObject([
      { code: 'dry', plugin: 'test', queue: 'default', description: null, vanished_at: null },
      { code: 'wash', plugin: 'test', queue: 'default', description: 'Washes', vanished_at: null },
    ]);
    expect(first.lines).toMatchObject([{ fields: { changed: ['wash', 'dry'], vanished: [] } }]);

    const again = registrar(Wash, Dry);
    await again.role.round();
    expect(again.lines).toEqual([]);
    expect(await rows()).toEqual(before);

    await registrar(WashOtherwise, Dry).role.round();
    const [, changed] = await rows();
    expect(changed).toMatchObject({ queue: 'slow', registered_at: before[1]?.registered_at });
    expect(changed?.description).toBe('ü'.repeat(200));
  });

  it('marks what has vanished, keeps it, and takes the mark away when it is back', async () => {
    await registrar(Wash, Dry).role.round();
    const { role, lines } = registrar(Dry);
    await role.round();
    expect(lines).toMatchObject([{ fields: { changed: [], vanished: ['wash'] } }]);
    const [dry, wash] = await rows();
    expect(dry?.vanished_at).toBeNull();
    expect(wash?.vanished_at).not.toBeNull();
    await registrar(Dry).role.round();
    expect(await rows()).toEqual([dry, wash]);
    await registrar(Wash, Dry).role.round();
    expect((await rows()).map(({ vanished_at }) => vanished_at)).toEqual([null, null]);
  });

  it('several at once hinder nobody', async () => {
    const all = Array.from({ length: 4 }, () => registrar(Wash, Dry));
    await Promise.all(all.map(({ role }) => role.round()));
    expect(await rows()).toHaveLength(2);
  });

  it('happens once at the start, and not after a stop', async () => {
    const stopped = registrar(Wash).role;
    await stopped.stop();
    stopped.start();
    const { role } = registrar(Dry);
    role.start();
    await until(async () => (await rows()).length === 1);
    await Promise.all([role.stop(), role.stop()]);
    expect(await rows()).toMatchObject([{ code: 'dry' }]);
  });
});
