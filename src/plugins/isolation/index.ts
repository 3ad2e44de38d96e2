// The isolation plugin: attempts in threads of their own, on the main thread and inside of a thread.
export { type DispatchingBroker, openedOnUse } from './broker-on-use.js';
export type { ThreadSettings } from './messages.js';
export { type BuildThread, serveThread } from './serve-thread.js';
export { ThreadPool } from './thread-pool.js';
