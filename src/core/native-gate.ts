// The gate before native code that must not be cut short: the SQLite package for Nodes without a whole `node:sqlite` ends
// the process when its thread is terminated inside of a call. So there a thread passes the gate on each call, and whoever
// ends the thread shuts the gate first.
const open = 0;
const inside = 1;
/** Inside, and to be shut as soon as it comes out. */
const closing = 2;
const shut = 3;

const pollMs = 2;

/** The gate of this thread; none on the main thread, which nobody terminates. */
let gate: Int32Array | undefined;

/** Has the native code of this thread pass a gate. */
export function passGate(shared: Int32Array): void {
  gate = shared;
}

/** Calls native code. Where the gate is shut it never returns: the thread is being ended. */
export function inNativeCode<T>(call: () => T): T {
  if (gate === undefined) return call();
  if (Atomics.compareExchange(gate, 0, open, inside) === shut) park(gate);
  try {
    return call();
  } finally {
    if (Atomics.compareExchange(gate, 0, inside, open) === closing) {
      Atomics.store(gate, 0, shut);
      park(gate);
    }
  }
}

/** Waiting here can be ended by force. */
function park(at: Int32Array): void {
  for (;;) Atomics.wait(at, 0, shut);
}

/** The gate of a thread, seen by whoever may end it. */
export class NativeGate {
  readonly shared = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  /** Resolves when the thread is outside of native code and stays outside, or `isOver` says that there is no thread. */
  async shut(isOver: () => boolean): Promise<void> {
    Atomics.compareExchange(this.shared, 0, open, shut);
    Atomics.compareExchange(this.shared, 0, inside, closing);
    // It may have come out between the two.
    Atomics.compareExchange(this.shared, 0, open, shut);
    while (!isOver() && Atomics.load(this.shared, 0) !== shut) {
      await new Promise((resolve) => setTimeout(resolve, pollMs).unref());
    }
  }
}
