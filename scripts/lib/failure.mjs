// How a script ends when something is wrong: a sentence and a remedy, never a stack trace for a
// mistake that is the machine's or the user's.
import { red, say } from './say.mjs';

/** A failure that is fully told by its message. */
export class Failure extends Error {
  /**
   * @param {string} message what is wrong and what to do about it
   * @param {string} [output] what the failing command printed
   */
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Unwinds a script that was told to stop, so that what it opened is closed. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Tells a failure: the output of the command behind it, then the message.
 * @param {unknown} error
 */
export function tell(error) {
  if (error instanceof Failure) {
    if (error.output.trim() !== '') say(error.output.trimEnd());
    say(red(error.message));
  } else if (error instanceof Error) {
    // What the system refused (rights, a full disk) says all of it in its message.
    say('syscall' in error ? red(error.message) : (error.stack ?? error.message));
  } else {
    say(String(error));
  }
}

/**
 * Runs the body of a script. A failure is told and becomes exit code 1; an interrupted script ends by its
 * signal.
 *
 * @param {() => Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (error instanceof Interrupted) process.kill(process.pid, error.signal);
    else tell(error);
    process.exitCode = 1;
  }
}
