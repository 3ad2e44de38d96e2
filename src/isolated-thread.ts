// The entry of a thread for isolated tasks, beside main.ts: the same installation, composed for a thread.

import { closeInOrder } from './core/closing.js';
import { surviveStrayErrors } from './core/log/stray-errors.js';
import 'reflect-metadata';
import { openInjection } from './composition/injection.js';
import { load } from './composition/installation.js';
import { composeServices } from './composition/services.js';
import { CodeRunner } from './core/run/code-runner.js';
import { type BuildThread, openedOnUse, serveThread } from './plugins/isolation/index.js';

const build: BuildThread = async (
  { configFile, environment, cwd, closeStepMs: timeoutMs },
  { logger, leases },
) => {
  surviveStrayErrors(logger);
  const installation = await load({ configFile, variables: environment, cwd });
  const services = composeServices({
    installation,
    logger,
    leases,
    isThread: true,
    dispatching: openedOnUse,
    closeTimeoutMs: timeoutMs,
  });
  const { host, sources, store, broker, registry, seams } = services;
  host.register();
  await host.start();
  const isolated = registry.all.filter((record) => record.isolated);
  openInjection(services.container, installation, isolated);
  return {
    registry,
    seams,
    code: new CodeRunner(services),
    close: () =>
      closeInOrder(
        [
          { name: 'the plugins', close: () => host.close(), timeoutMs: 'own' },
          { name: 'the store of executions', close: () => store?.close(), timeoutMs },
          { name: 'the data sources', close: () => sources.close(timeoutMs), timeoutMs: 'own' },
          { name: 'the queue', close: () => broker.close(), timeoutMs },
        ],
        logger,
      ),
  };
};

// Awaited, so that it can only be imported: piscina tries `require` first, and where a hook makes that work (tsx), the
// plugins would have another copy of the core than this.
export default await Promise.resolve(serveThread(build));
