/**
 * Work that waits only where it must. An expression that the interpreter has to evaluate answers later, most answer at once, and a promise for
 * each of those would cost more than they do. So the mapping is written in generators, which yield what is to be waited for.
 */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>

/** What a promise yields, where there is one. */
export function* awaited<T>(value: T | Promise<T>): Steps<T> {
  // What comes back is what was yielded, settled.
  return value instanceof Promise ? ((yield value) as T) : value
}

/** Does the work: at once where it waits for nothing. */
export function runSteps<T>(steps: Steps<T>): T | Promise<T> {
  const { done, value } = steps.next()
  return done ? value : goOn(steps, value)
}

async function goOn<T>(steps: Steps<T>, pending: Promise<unknown>): Promise<T> {
  let waitedFor = pending
  for (;;) {
    const settled = await waitedFor.then(
      (value) => () => steps.next(value),
      (error: unknown) => () => steps.throw(error),
    )
    const { done, value } = settled()
    if (done) return value
    waitedFor = value
  }
}
