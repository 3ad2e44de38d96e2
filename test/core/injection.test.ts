// Injection is checked at boot: what tasks and their services ask for, and how long what they get lives.
import { container as globalContainer, inject as optionally } from 'tsyringe';
import { prepareInjection } from '../../src/core/host/injection-check.js';
import {
  defineDataSource,
  inject,
  injectable,
  injectionToken,
  perProcess,
  perRun,
  RunContext,
  Task,
  type TaskClass,
} from '../../src/index.js';
import { registryOf } from '../support/harness.js';

const Stock = defineDataSource({
  name: 'stock',
  env: 'STOCK_URL',
  role: 'external',
  embeddedFile: 'stock.db',
});

@injectable()
class Repository {
  constructor(
    @inject(Stock) readonly stock: object,
    @inject(RunContext) readonly context: RunContext,
  ) {}
}
@injectable({ lifetime: 'process' })
class Prices {
  constructor(@inject('config') readonly config: object) {}
}
@injectable()
class Billing {
  constructor(
    @inject(Repository) readonly repository: Repository,
    @inject(Prices) readonly prices: Prices,
  ) {}
}

@Task({ code: 'bill' })
class Bill {
  constructor(
    @inject(Billing) readonly billing: Billing,
    @inject(Repository) readonly repository: Repository,
  ) {}
  run(): void {}
}

const runTokens = [RunContext, Stock.injectionToken];

function prepare(root = globalContainer.createChildContainer(), ...tasks: TaskClass[]) {
  const problems = prepareInjection({
    container: root,
    tasks: registryOf(...tasks).all,
    runTokens,
  });
  return { root, problems };
}
/** A container as a run has it. */
function runOf(root: ReturnType<typeof prepare>['root']) {
  const run = root.createChildContainer();
  run.registerInstance(injectionToken(RunContext), {} as RunContext);
  run.registerInstance(Stock.injectionToken, {});
  return run;
}
const found = (...tasks: TaskClass[]) =>
  prepare(undefined, ...tasks).problems.map(({ message, place }) => [message, place]);

describe('lifetimes', () => {
  test('a marked class is made once for each run, or once for the process', () => {
    const root = globalContainer.createChildContainer();
    root.registerInstance('config', {});
    const { problems } = prepare(root, Bill);
    expect(problems).toEqual([]);
    const [first, second] = [runOf(root).resolve(Bill), runOf(root).resolve(Bill)];
    expect(first.repository).toBe(first.billing.repository);
    expect(first.repository).not.toBe(second.repository);
    expect(first.billing.prices).toBe(second.billing.prices);
  });

  test('another installation of the process has its own', () => {
    const made = [1, 2].map((vat) => {
      const root = globalContainer.createChildContainer();
      root.registerInstance('config', { vat });
      prepare(root, Bill);
      return runOf(root).resolve(Bill).billing.prices;
    });
    expect(made.map(({ config }) => config)).toEqual([{ vat: 1 }, { vat: 2 }]);
  });

  test('what a plugin registers stands before the mark', () => {
    const root = globalContainer.createChildContainer();
    const mine = new Prices({ mine: true });
    root.registerInstance(Prices, mine);
    root.registerInstance('config', {});
    prepare(root, Bill);
    expect(runOf(root).resolve(Bill).billing.prices).toBe(mine);
  });

  test('factories make one for the process, or one for each run', () => {
    const root = globalContainer.createChildContainer();
    root.register('process', { useFactory: perProcess(() => ({})) });
    root.register('run', {
      useFactory: perRun((run) => ({ stock: run.resolve(Stock.injectionToken) })),
    });
    const [first, second] = [runOf(root), runOf(root)];
    expect(first.resolve('process')).toBe(second.resolve('process'));
    expect(first.resolve('run')).toBe(first.resolve('run'));
    expect(first.resolve('run')).not.toBe(second.resolve('run'));
  });
});

describe('mistakes', () => {
  test('a token that nothing is registered under: class, parameter and token are named', () => {
    @Task({ code: 'lost' })
    class Lost {
      constructor(
        @inject(RunContext) readonly context: RunContext,
        @inject('config') readonly config: object,
        @inject(Symbol('rates')) readonly rates: object,
      ) {}
      run(): void {}
    }
    expect(found(Lost)).toEqual([
      [
        'constructor parameter 2 (config) needs "config", and nothing is registered under it',
        'class Lost of plugin test',
      ],
      [
        'constructor parameter 3 (rates) needs Symbol(rates), and nothing is registered under it',
        'class Lost of plugin test',
      ],
    ]);
  });

  test('a class that is neither registered nor marked is not made silently', () => {
    class Plain {}
    @Task({ code: 'plain' })
    class UsesPlain {
      constructor(@inject(Plain) readonly plain: Plain) {}
      run(): void {}
    }
    const { problems } = prepare(undefined, UsesPlain);
    expect(problems).toMatchObject([
      {
        code: 'SKEP_INJECTION_INVALID',
        message:
          'constructor parameter 1 (plain) needs the class Plain, which nobody registered and which is not marked @injectable()',
        remedy: 'Put @injectable() on Plain, or register it in register() of a plugin.',
      },
    ]);
  });

  test('a data source of a plugin that is not enabled', () => {
    const Elsewhere = defineDataSource({
      name: 'elsewhere',
      env: 'ELSEWHERE_URL',
      role: 'external',
      embeddedFile: 'elsewhere.db',
    });
    @Task({ code: 'elsewhere' })
    class UsesElsewhere {
      constructor(@inject(Elsewhere) readonly elsewhere: object) {}
      run(): void {}
    }
    expect(found(UsesElsewhere)).toEqual([
      [
        'constructor parameter 1 (elsewhere) needs the data source "elsewhere", which no enabled plugin contributes',
        'class UsesElsewhere of plugin test',
      ],
    ]);
  });

  test('mistakes of services are found through those who need them, once', () => {
    @injectable()
    class Deep {
      constructor(
        @inject('missing') readonly missing: object,
        readonly bare: object,
      ) {}
    }
    @injectable()
    class Middle {
      constructor(@inject(Deep) readonly deep: Deep) {}
    }
    @Task({ code: 'outer' })
    class Outer {
      constructor(@inject(Middle) readonly middle: Middle) {}
      run(): void {}
    }
    @Task({ code: 'other' })
    class Other {
      constructor(@inject(Deep) readonly deep: Deep) {}
      run(): void {}
    }
    const place = 'class Deep, needed by class Middle, needed by class Outer of plugin test';
    expect(found(Outer, Other)).toEqual([
      ['constructor parameter 2 (bare) has no token; write @inject(…) before it', place],
      [
        'constructor parameter 1 (missing) needs "missing", and nothing is registered under it',
        place,
      ],
    ]);
  });

  test('a class that a plugin registered by class is followed like a marked one', () => {
    class Registered {
      constructor(@inject('missing') readonly missing: object) {}
    }
    @Task({ code: 'registered' })
    class UsesRegistered {
      constructor(@inject('service') readonly service: Registered) {}
      run(): void {}
    }
    const root = globalContainer.createChildContainer();
    root.register('service', { useToken: Registered });
    root.registerSingleton(Registered);
    expect(prepare(root, UsesRegistered).problems).toMatchObject([
      {
        message: expect.stringContaining('needs "missing"'),
        place: 'class Registered, needed by class UsesRegistered of plugin test',
      },
    ]);
  });

  test('what lives as long as the process cannot hold what belongs to a run', () => {
    @injectable({ lifetime: 'process' })
    class Keeps {
      constructor(
        @inject(Stock) readonly stock: object,
        @inject(Repository) readonly repository: Repository,
      ) {}
    }
    class KeepsToo {
      constructor(@inject(RunContext) readonly context: RunContext) {}
    }
    @Task({ code: 'keeping' })
    class Keeping {
      constructor(
        @inject(Keeps) readonly keeps: Keeps,
        @inject(KeepsToo) readonly too: KeepsToo,
      ) {}
      run(): void {}
    }
    const root = globalContainer.createChildContainer();
    root.registerSingleton(KeepsToo);
    expect(prepare(root, Keeping).problems.map(({ message }) => message)).toEqual([
      'constructor parameter 1 (stock) needs the data source "stock", which belongs to one run, and Keeps lives as long as the process',
      'constructor parameter 2 (repository) needs the class Repository, which belongs to one run, and Keeps lives as long as the process',
      'constructor parameter 1 (context) needs the class RunContext, which belongs to one run, and KeepsToo lives as long as the process',
    ]);
  });

  test('nor through a class that is made anew for whoever asks', () => {
    class Passes {
      constructor(@inject(Stock) readonly stock: object) {}
    }
    class Harmless {}
    @injectable({ lifetime: 'process' })
    class Holds {
      constructor(
        @inject(Passes) readonly passes: Passes,
        @inject(Harmless) readonly harmless: Harmless,
      ) {}
    }
    @Task({ code: 'holding' })
    class Holding {
      constructor(@inject(Holds) readonly holds: Holds) {}
      run(): void {}
    }
    const root = globalContainer.createChildContainer();
    for (const type of [Passes, Harmless]) root.register(type, { useClass: type });
    expect(prepare(root, Holding).problems.map(({ message }) => message)).toEqual([
      'constructor parameter 1 (passes) needs the class Passes, which belongs to one run, and Holds lives as long as the process',
    ]);
  });

  test('what may be missing is no mistake', () => {
    class Hopeful {
      constructor(@optionally('missing', { isOptional: true }) readonly missing?: object) {}
      run(): void {}
    }
    Task({ code: 'hopeful' })(Hopeful);
    expect(found(Hopeful)).toEqual([]);
  });

  test('classes that need each other', () => {
    class Chicken {
      constructor(readonly egg: object) {}
    }
    @injectable()
    class Egg {
      constructor(@inject(Chicken) readonly chicken: Chicken) {}
    }
    inject(Egg)(Chicken, undefined, 0);
    injectable()(Chicken);
    @Task({ code: 'farm' })
    class Farm {
      constructor(@inject(Egg) readonly egg: Egg) {}
      run(): void {}
    }
    expect(found(Farm)).toEqual([
      ['classes need each other: Egg -> Chicken -> Egg', expect.stringContaining('class Egg')],
    ]);
  });
});
