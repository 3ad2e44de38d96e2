// Probes of plugins, as `skep doctor` asks them: for a bounded time, and with the plugin named when one fails.
import { container } from 'tsyringe';
import { askProbe, type Probe } from '../../src/core/host/probe.js';
import { SkepError } from '../../src/index.js';

const probeThat = (examine: Probe['examine']) => ({
  plugin: 'site',
  probe: { name: 'ledger', examine },
});

test('a probe is asked with the services, and answers', async () => {
  const asked: unknown[] = [];
  const probe = probeThat(async (services) => {
    asked.push(services);
    return { found: 'ledger 7 at 127.0.0.1', facts: { version: 7 } };
  });
  expect(await askProbe(probe, container)).toEqual({
    found: 'ledger 7 at 127.0.0.1',
    facts: { version: 7 },
  });
  expect(asked).toEqual([container]);
});

test('a probe that never answers is a problem that names plugin, probe and time', async () => {
  const probe = probeThat(() => new Promise(() => undefined));
  await expect(askProbe(probe, container, 20)).rejects.toMatchObject({
    code: 'SKEP_PLUGIN_FAILED',
    message: 'plugin "site" did not answer its probe "ledger" within 20 ms',
  });
});

test('by default a probe has 30 s', async () => {
  import.meta.jest.useFakeTimers();
  try {
    const asking = askProbe(
      probeThat(() => new Promise(() => undefined)),
      container,
    );
    const told = expect(asking).rejects.toMatchObject({
      message: 'plugin "site" did not answer its probe "ledger" within 30 s',
    });
    await import.meta.jest.advanceTimersByTimeAsync(30_001);
    await told;
  } finally {
    import.meta.jest.useRealTimers();
  }
});

test('a probe that throws at once or later names itself; an error of the catalogue keeps its code', async () => {
  const atOnce = probeThat(() => {
    throw new TypeError('no address');
  });
  await expect(askProbe(atOnce, container)).rejects.toMatchObject({
    code: 'SKEP_PLUGIN_FAILED',
    message: 'plugin "site" failed in its probe "ledger": no address',
  });
  const later = probeThat(() => Promise.reject(new SkepError('SKEP_ACCESS_DENIED', 'wrong user')));
  await expect(askProbe(later, container)).rejects.toMatchObject({
    code: 'SKEP_ACCESS_DENIED',
    message: 'plugin "site" failed in its probe "ledger": wrong user',
  });
});

test.each([[undefined], [{}], [{ found: 7 }]])(
  'a probe that returns %p has failed',
  async (found) => {
    const probe = probeThat(async () => found as never);
    await expect(askProbe(probe, container)).rejects.toMatchObject({
      code: 'SKEP_PLUGIN_FAILED',
      message: 'plugin "site" failed in its probe "ledger": examine() returned no { found }',
    });
  },
);
