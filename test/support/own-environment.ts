// The environment of processes that tests start.

/** Nothing of the environment of the tests but what programs need. */
export const ownEnvironment = (): Record<string, string | undefined> => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
});
