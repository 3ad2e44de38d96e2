// Disposal by a task in JavaScript: names without text and errors that throw when they are asked end no run, and hold no slot.
import { type RunContext, Task } from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

@Task({ code: 'hostile' })
class Hostile {
  run(_: unknown, context: RunContext): string {
    const throwing = Object.defineProperty({}, 'toString', { value: () => revoked() });
    for (const name of [Symbol('x'), throwing, undefined, 'a file']) {
      context.onDispose(name as string, () => {
        throw revoked();
      });
    }
    return 'done';
  }
}

test('the run ends as its code did, and each step is a warning', async () => {
  const { perform, lines } = createHarness({ tasks: [Hostile] });
  expect(await perform(envelopeOf('hostile'))).toMatchObject({ kind: 'final', state: 'success' });
  const warnings = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(warnings).toEqual([
    'disposing a file failed',
    ...Array<string>(3).fill('disposing a step without a name failed'),
  ]);
});
