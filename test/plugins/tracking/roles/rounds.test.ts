// One round after another; failures are told once; the end waits for what is under way.
import { Rounds } from '../../../../src/plugins/tracking/roles/rounds.js';
import { rememberingLogger } from '../../../support/harness.js';
import { until } from '../../../support/until.js';

describe('rounds', () => {
  let round: () => Promise<number | undefined>;
  let count: number;
  let rounds: Rounds;
  let lines: ReturnType<typeof rememberingLogger>['lines'];
  beforeEach(() => {
    count = 0;
    round = async () => 1;
    const { logger, lines: all } = rememberingLogger();
    lines = all;
    const counted = (): Promise<number | undefined> => {
      count += 1;
      return round();
    };
    rounds = new Rounds({ name: 'it', logger, round: counted, retryMs: 1 });
  });
  afterEach(() => rounds.stop());

  it('follow each other until they are stopped', async () => {
    rounds.start();
    rounds.start();
    await until(() => count >= 3);
    await rounds.stop();
    const before = count;
    await rounds.stop();
    rounds.within(0);
    await new Promise(setImmediate);
    expect(count).toBe(before);
    expect(rounds.stopped).toBe(true);
  });

  it('do not begin after a stop', async () => {
    await rounds.stop();
    rounds.start();
    rounds.within(0);
    await new Promise(setImmediate);
    expect(count).toBe(0);
  });

  it('end with the one that asks for no other', async () => {
    round = async () => undefined;
    rounds.start();
    await until(() => count === 1);
    await new Promise(setImmediate);
    expect(count).toBe(1);
    rounds.within(0);
    await until(() => count === 2);
  });

  it('the stop waits for the round that is going on', async () => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    round = async () => {
      await ended;
      return 0;
    };
    rounds.start();
    await until(() => count === 1);
    let isStopped = false;
    const stopping = rounds.stop().then(() => {
      isStopped = true;
    });
    await new Promise(setImmediate);
    expect(isStopped).toBe(false);
    end();
    await stopping;
    expect(count).toBe(1);
  });

  it('can be brought forward, also while one is going on', async () => {
    round = async () => 3_600_000;
    rounds.start();
    await until(() => count === 1);
    rounds.within(0);
    await until(() => count === 2);
    round = async () => {
      if (count === 3) rounds.within(0);
      return 3_600_000;
    };
    rounds.within(0);
    await until(() => count === 4);
  });

  it('go on when one was brought forward while another was going on', async () => {
    round = async () => {
      rounds.within(0);
      return 3_600_000;
    };
    rounds.start();
    await until(() => count >= 5);
  });

  it('tell the first of a row of failures, and when it is over', async () => {
    round = async () => {
      throw new Error('away');
    };
    rounds.start();
    await until(() => count >= 3);
    expect(lines.map(({ message }) => message)).toEqual(['it failed, trying again']);
    round = async () => 1;
    const then = count;
    await until(() => count > then + 1);
    expect(lines.map(({ message }) => message)).toEqual(['it failed, trying again', 'it goes on']);
  });
});
