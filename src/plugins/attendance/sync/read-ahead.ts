// Fetches the next item while the present one is being worked on.

/** The items of `source`; the one after the present is already being fetched. */
export async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let coming = source.next();
  try {
    for (let item = await coming; !item.done; item = await coming) {
      coming = source.next();
      // A failure is thrown where the item is awaited; until then it must not count as unhandled.
      coming.catch(() => undefined);
      yield item.value;
    }
  } finally {
    // Whoever stops early leaves no statement running behind him.
    await coming.catch(() => undefined);
    await source.return(undefined);
  }
}
