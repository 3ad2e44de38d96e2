// What a script tells a person: one line a step, on stderr, so that stdout stays free for results.

/** False when nobody would see them. */
export const colours = process.stderr.isTTY === true && !process.env.NO_COLOR;
/** @param {number} code @returns {(text: string) => string} */
const style = (code) => (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
export const dim = style(2);
export const red = style(31);
export const green = style(32);
export const yellow = style(33);

/** True while a step's line waits for its end. */
let lineIsOpen = false;

/**
 * Writes one line, after closing that of a running step.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${lineIsOpen ? '\n' : ''}${text}\n`);
  lineIsOpen = false;
}

/** @param {number} startedAt milliseconds of `performance.now()` */
export const elapsed = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/**
 * Does one step and says so: the title at once, then how it ended and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = performance.now();
  process.stderr.write(`${title} … `);
  lineIsOpen = true;
  const end = (/** @type {string} */ how) => {
    process.stderr.write(`${lineIsOpen ? '' : `${title}: `}${how}\n`);
    lineIsOpen = false;
  };
  try {
    const result = await work();
    end(dim(elapsed(startedAt)));
    return result;
  } catch (error) {
    end(`${red('failed')} ${dim(elapsed(startedAt))}`);
    throw error;
  }
}
