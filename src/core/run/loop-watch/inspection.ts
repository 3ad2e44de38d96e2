// One look at the main thread while its event loop is blocked: pauses it through the inspector, has it say what it is
// at, lets it go on. The debugger is enabled for that moment only.
import { type Debugger, Session } from 'node:inspector';
import type { Culprit } from './messages.js';

/** Whatever becomes of the questions, the main thread stands still no longer. */
const longestPauseMs = 500;

export class Inspection {
  readonly #session = new Session();
  readonly #expression: string;
  #culprit: Culprit | undefined;
  #isOpen = true;

  /**
   * Begins the look. A call into native code cannot be paused; then the answer comes when it returns.
   * @param expression gives a {@link Culprit} in the paused call.
   */
  constructor(expression: string) {
    this.#expression = expression;
    this.#session.connectToMainThread();
    this.#session.on('Debugger.paused', ({ params }) => {
      setTimeout(() => this.close(), longestPauseMs);
      this.#ask(params.callFrames.map(({ callFrameId }) => callFrameId));
    });
    this.#session.post('Debugger.enable');
    this.#session.post('Debugger.pause');
  }

  /** What the main thread was at, once it has been seen. */
  get culprit(): Culprit | undefined {
    return this.#culprit;
  }

  /** Gives the look up, if it is not over. A paused main thread goes on. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#session.disconnect();
  }

  /** Asks one call after the other: the innermost may be in a context of node:vm, where nothing can answer. */
  #ask([callFrameId, ...outer]: readonly string[]): void {
    if (callFrameId === undefined || this.#culprit) {
      // Without an answer too it goes on; and so when someone else paused it, for it waits for every session.
      this.#session.post('Debugger.resume', () => this.close());
      return;
    }
    const expression = this.#expression;
    const question = { callFrameId, expression, returnByValue: true, silent: true };
    this.#session.post('Debugger.evaluateOnCallFrame', question, (_error, answer) => {
      // Of a question that failed there is no answer. The probe answers with a culprit.
      const { result } = (answer ?? {}) as Partial<Debugger.EvaluateOnCallFrameReturnType>;
      this.#culprit = result?.value as Culprit | undefined;
      this.#ask(outer);
    });
  }
}
