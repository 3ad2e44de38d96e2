// The exchange when Redis breaks, refuses and answers in turn: whoever reads the log learns why nothing is claimed.
import { ConsumerSlots } from '../../../../src/plugins/queue/bee-queue/consumer-slots.js';
import { Exchange, type ExchangeParts } from '../../../../src/plugins/queue/bee-queue/exchange.js';
import { rememberingLogger } from '../../../support/harness.js';
import { Inbox } from '../../../support/inbox.js';

const broken = new Error('Connection is closed.');
const refused = new Error('OOM command not allowed when used memory');
/** Nothing claimed, nothing due. */
const answer = [[], [], 0, '-1', 0];

/** Has one call after the other come to this; resolves with what was logged as an error by then. */
async function errorsOf(outcomes: readonly (Error | undefined)[]): Promise<string[]> {
  const { logger, lines } = rememberingLogger();
  const coming = [...outcomes];
  let over: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    over = resolve;
  });
  const exchange = async (): Promise<unknown> => {
    if (coming.length === 0) over();
    const outcome = coming.shift();
    if (outcome !== undefined) throw outcome;
    setImmediate(() => slots.arrived());
    return answer;
  };
  const scripts = { exchange, handBackUnknown: async () => 0 };
  const parts: ExchangeParts = {
    base: 'skep:{default}:',
    // No more of it is asked for.
    link: { isReady: true, commands: { scripts } } as unknown as ExchangeParts['link'],
    instance: 'i',
    worker: 'w:1',
    keepFinished: 0,
    logger,
    deliver: () => undefined,
    laneOf: () => 'default',
    suffixes: () => [''],
    onQuiet: () => undefined,
  };
  const slots = new ConsumerSlots({ lanes: ['default'], concurrency: 1, ...new Inbox() }, [''], 1);
  const tested = new Exchange(parts);
  tested.add(slots);
  const waking = setInterval(() => {
    slots.arrived();
    tested.wake();
  }, 5);
  await all;
  clearInterval(waking);
  await tested.close(0);
  return lines.filter(({ level }) => level === 'error').map(({ message }) => message);
}

const told = 'Redis refuses to settle and claim, trying again';

test('that Redis refuses is told once, also when its connection had broken just before', async () => {
  expect(await errorsOf([refused, refused])).toEqual([told]);
  expect(await errorsOf([broken, refused, refused])).toEqual([told]);
});

test('and again when it had answered meanwhile', async () => {
  expect(await errorsOf([refused, undefined, refused])).toEqual([told, told]);
});

test('a connection that breaks is for the link to tell', async () => {
  expect(await errorsOf([broken, broken])).toEqual([]);
});
