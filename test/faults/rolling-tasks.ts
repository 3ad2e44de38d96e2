// The tasks of a plugin in two versions: each says which version has performed it.
import { type RunContext, Task } from '../../src/index.js';

interface By {
  readonly version: string;
  readonly attempt: number;
}

/** A class of its own for each version, as the files of two deploys would have it. */
export function rollingTask(code: string, version: string) {
  @Task({ code })
  class RollingTask {
    run(_: unknown, { attempt }: RunContext): By {
      return { version, attempt };
    }
  }
  return RollingTask;
}
