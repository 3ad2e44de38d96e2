// Closes what a test opened, in reverse order, after it ended.
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (let last = opened.pop(); last; last = opened.pop()) await last[Symbol.asyncDispose]();
});

/** Opens something that is closed after the test. */
export async function opens<T extends AsyncDisposable>(opening: Promise<T>): Promise<T> {
  const resource = await opening;
  opened.push(resource);
  return resource;
}
