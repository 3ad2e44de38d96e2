// The comparison as a table: each figure of Skep beside those of its peers, and the ratios that are to be reached.
import Table from 'cli-table3';
import { percentile } from '../support/percentile.js';
import { type Backlog, backlogs } from './backlog.js';
import { type PeerName, peerNames } from './peer.js';

/** One figure of each peer. */
export type Figure = Record<PeerName, number> & { readonly celery?: number | undefined };

export interface Figures {
  readonly processingAt20: Figure;
  readonly processingAt100: Figure;
  readonly bulkDispatch: Figure;
  readonly dispatchP50: Figure;
  readonly dispatchP99: Figure;
  readonly startP50: Figure;
  readonly startP99: Figure;
}
type Name = keyof Figures;

interface Row {
  readonly title: string;
  readonly unit: 'per second' | 'ms';
  /** What the ratio of Skep to a peer is to be: at least for rates, at most for times. */
  readonly toReach: Partial<Record<PeerName, number>>;
}

const rows: Readonly<Record<Name, Row>> = {
  processingAt20: {
    title: 'processing, concurrency 20',
    unit: 'per second',
    toReach: { bullmq: 1, 'bee-queue': 0.9 },
  },
  processingAt100: {
    title: 'processing, concurrency 100',
    unit: 'per second',
    toReach: { bullmq: 1, 'bee-queue': 0.9 },
  },
  bulkDispatch: { title: 'bulk dispatch', unit: 'per second', toReach: { bullmq: 2 } },
  dispatchP50: { title: 'single dispatch, p50', unit: 'ms', toReach: { bullmq: 1 } },
  dispatchP99: { title: 'single dispatch, p99', unit: 'ms', toReach: { bullmq: 1 } },
  startP50: { title: 'dispatch to start, idle worker, p50', unit: 'ms', toReach: { bullmq: 1 } },
  startP99: { title: 'dispatch to start, idle worker, p99', unit: 'ms', toReach: { bullmq: 1 } },
};

/** The p50 and p99 of each peer. */
export function percentiles(samples: Record<PeerName, readonly number[]>): {
  p50: Record<PeerName, number>;
  p99: Record<PeerName, number>;
} {
  const at = (part: number): Record<PeerName, number> => ({
    skep: percentile(samples.skep, part),
    'bee-queue': percentile(samples['bee-queue'], part),
    bullmq: percentile(samples.bullmq, part),
  });
  return { p50: at(0.5), p99: at(0.99) };
}

/** Skep's figure as a ratio to those of the peers. */
export const ratios = (figure: Figure): Partial<Record<PeerName, number>> =>
  Object.fromEntries(
    peerNames.filter((peer) => peer !== 'skep').map((peer) => [peer, figure.skep / figure[peer]]),
  );

export function print(figures: Figures, backlog: Backlog): void {
  const table = new Table({
    head: [
      'no-op jobs on one Redis',
      ...peerNames,
      'celery',
      '/ bee-queue',
      '/ bullmq',
      'to reach',
    ],
  });
  for (const name of Object.keys(rows) as Name[]) table.push(line(rows[name], figures[name]));
  console.log(table.toString());

  const { memory } = backlog;
  const alone = new Table({ head: ['Skep alone', 'measured', 'to reach'] });
  alone.push(
    [`one job, ${backlogs.short.toLocaleString('en')} waiting`, cost(backlog.short), ''],
    [`one job, ${backlogs.long.toLocaleString('en')} waiting`, cost(backlog.long), ''],
    ['ratio of the two', (backlog.long / backlog.short).toFixed(2), 'at most 1.2'],
    ['dispatching a million', `${rate(backlog.dispatchedPerSecond)} /s`, ''],
    [
      'memory of the dispatcher after 5 %, at most, at the end',
      [memory.first, memory.most, memory.last]
        .map((value) => `${Math.round(value)} MiB`)
        .join(', '),
      'flat',
    ],
  );
  console.log(alone.toString());
}

function line({ title, unit, toReach }: Row, figure: Figure): string[] {
  const show = (value: number | undefined): string => {
    if (value === undefined) return '';
    return unit === 'ms' ? `${value.toFixed(2)} ms` : `${rate(value)} /s`;
  };
  const { bullmq, 'bee-queue': beeQueue } = ratios(figure);
  const bound = unit === 'ms' ? 'at most' : 'at least';
  const reach = Object.entries(toReach).map(([peer, ratio]) => `${ratio} × ${peer}`);
  return [
    title,
    ...peerNames.map((peer) => show(figure[peer])),
    show(figure.celery),
    beeQueue?.toFixed(2) ?? '',
    bullmq?.toFixed(2) ?? '',
    `${bound} ${reach.join(', ')}`,
  ];
}

const rate = (value: number): string => Math.round(value).toLocaleString('en');
const cost = (microseconds: number): string => `${microseconds.toFixed(1)} µs`;
