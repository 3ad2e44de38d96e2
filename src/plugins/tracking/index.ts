// What the room of tracking offers: the tracker of a process without a tracking store.
export { MemoryTracker, type TrackedExecution } from './memory-tracker.js';
