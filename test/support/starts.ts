// When starts were allowed by a limit that many workers share.

/** A start was allowed at some moment of this span, which a busy machine makes long; milliseconds. */
export interface Start {
  readonly askedAt: number;
  readonly admittedAt: number;
}

/** The spans, shorter than the window, in which for certain one start more happened than the rate allows. */
export function tooSoon(
  starts: readonly Start[],
  { count, windowMs }: { count: number; windowMs: number },
): number[] {
  const inOrder = [...starts].sort((a, b) => a.admittedAt - b.admittedAt);
  return inOrder
    .slice(count)
    .map(({ admittedAt }, first) => {
      const together = inOrder.slice(first, first + count + 1);
      return admittedAt - Math.min(...together.map(({ askedAt }) => askedAt));
    })
    .filter((spanMs) => spanMs < windowMs);
}
