// What a supervisor and its processes tell each other: by an option, over the IPC channel, and by the exit code.

/** The hidden option of `skep start` that makes it a process of a supervisor. */
export const supervisedOption = '--supervised';

/** `first` dispatches the startup tasks; there is one such process in the life of a supervisor. */
export const parts = ['first', 'other'] as const;
export type Part = (typeof parts)[number];

/** Exit code of a process that ended because it was worn out. */
export const recycledExitCode = 75;

/** What a process tells its supervisor: it is worn out and drains; its startup tasks are over. */
export const childMessages = ['recycling', 'startup-over'] as const;
export type ChildMessage = (typeof childMessages)[number];

export const isChildMessage = (message: unknown): message is ChildMessage =>
  (childMessages as readonly unknown[]).includes(message);
