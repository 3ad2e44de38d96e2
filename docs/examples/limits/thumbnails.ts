import { threadId } from 'node:worker_threads';
import {
  definePlugin,
  inject,
  Retry,
  RunContext,
  SoftTimeLimitExceeded,
  Task,
  TimeLimit,
} from 'skep';

// #region task
@Task({ code: 'shrink_image' })
@TimeLimit({ soft: '20s', hard: '25s' })
@Retry({ maxRetries: 2, delay: '10s', on: [SoftTimeLimitExceeded] })
export class ShrinkImage {
  constructor(@inject(RunContext) private readonly context: RunContext) {}

  run(pixels: number[]): { kept: number; thread: number } {
    const kept: number[] = [];
    for (const [index, pixel] of pixels.entries()) {
      // Between steps: the soft limit is a wish, and this is how code hears of it.
      this.context.signal.throwIfAborted();
      if (index % 2 === 0) kept.push(pixel);
      this.context.progress((index + 1) / pixels.length);
    }
    return { kept: kept.length, thread: threadId };
  }
}
// #endregion

// #region isolate
@Task({ code: 'parse_upload', isolate: true })
export class ParseUpload {
  run(text: string): { lines: number; thread: number } {
    return { lines: text.split('\n').length, thread: threadId };
  }
}
// #endregion

// #region plugin
export default definePlugin({
  name: 'thumbnails',
  version: '1.0.0',
  tasks: [ShrinkImage, ParseUpload],
  start({ isThread, logger }) {
    // What there is to be once in a process: a server that listens, a watcher of a folder.
    if (!isThread) logger.info('watching the upload folder');
  },
});
// #endregion
