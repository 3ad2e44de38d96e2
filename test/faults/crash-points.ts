// The table of crash points: every write of a run, for each kind of task. The proof has a process die at each of them, and
// tells of any that was never reached.

/**
 * What the runs of a kind of task write. The steps of one list follow each other at once, so that to die after one is to
 * die before the next; each has its place in crash-steps.ts or crash-plugin.ts.
 */
const stepsOfKind = {
  /** Succeeds. That it is queued is recorded late, and only of what has not begun by then. */
  plain: [['pending', 'enqueue', 'queued'], ['mark'], ['begin', 'work', 'final', 'settle']],
  /** Fails once. */
  retried: [
    ['begin', 'work', 'retrying', 'settle-retry'],
    ['begin-again', 'work-again', 'final', 'settle'],
  ],
  /** An effect in Maria, and `context.complete` in its transaction. */
  completed: [['begin', 'effect', 'complete', 'commit', 'final', 'settle']],
  /** A dispatch and an effect in one transaction of Maria; the relay passes on what was dispatched. */
  dispatching: [
    ['begin', 'pendingWithin', 'effect', 'commit', 'final', 'settle'],
    ['relay-enqueue', 'relay-delete', 'relay-commit', 'relay-queued'],
    ['relay-mark'],
  ],
  /** Handed back, since its runtime stops. */
  returned: [['begin', 'work', 'returned', 'settle-return']],
  /** Dispatched while another holds its unique key, so that it is taken back. */
  duplicate: [['pending', 'enqueue', 'discarded']],
} as const;

export type Kind = keyof typeof stepsOfKind;
export type Step = (typeof stepsOfKind)[Kind][number][number];
export type Moment = 'before' | 'after';

export interface CrashPoint {
  readonly kind: Kind;
  readonly step: Step;
  readonly moment: Moment;
}

const kinds = Object.keys(stepsOfKind) as readonly Kind[];

/** Every crash point: before each step, and after the last of those that follow each other. */
export function crashPoints(without: readonly Step[] = []): CrashPoint[] {
  return kinds.flatMap((kind) => {
    const lists: readonly (readonly Step[])[] = stepsOfKind[kind];
    return lists.flatMap((list): CrashPoint[] => {
      const steps = list.filter((step) => !without.includes(step));
      const last = steps.slice(-1).map((step) => ({ kind, step, moment: 'after' as const }));
      return [...steps.map((step) => ({ kind, step, moment: 'before' as const })), ...last];
    });
  });
}

/** Such as `plain/begin:before`. */
export const nameOf = ({ kind, step, moment }: CrashPoint): string => `${kind}/${step}:${moment}`;

/** @throws when there is no point of this name. */
export function crashPointOf(name: string): CrashPoint {
  const point = crashPoints().find((each) => nameOf(each) === name);
  if (point === undefined) throw new Error(`there is no crash point ${name}`);
  return point;
}
