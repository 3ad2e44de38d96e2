// Two tasks that do nothing: one whose executions are on record, and one that only its queue knows of.
import { Task, Tracked } from '../../src/index.js';

@Task({ code: 'tracked' })
@Tracked()
export class TrackedTask {
  run(): void {}
}

@Task({ code: 'plain' })
export class PlainTask {
  run(): void {}
}
