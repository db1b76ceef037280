import { SpoiledReading } from '../../snapshot/spoiled-reading.ts'

/** A list that was read while the tenant went on living. */
export interface Counted {
  /** `users`, `members of org_1`. */
  what: string
  /** What the tenant counted before it was read and afterwards. */
  before: number
  after: number
  read: number
}

/** Whether what was read lies between the counts of before and afterwards: then changes in between explain it. */
export function explains({ before, after, read }: Counted): boolean {
  return read >= Math.min(before, after) && read <= Math.max(before, after)
}

/**
 * Makes sure that nobody was lost on the way.
 * @throws SpoiledReading naming the numbers, when changes during the reading do not explain the difference
 */
export function requireCount(counted: Counted, tenant: string): void {
  if (explains(counted)) return
  const { what, before, after, read } = counted
  const counts =
    before === after
      ? `counts ${before} ${what}`
      : `counted ${before} ${what} before they were read and ${after} afterwards`
  throw new SpoiledReading({
    code: 'count_mismatch',
    message: `${tenant} ${counts}, and ${read} were read`,
    hint: 'run the same command again, which reads from the beginning, best when nobody changes the tenant; nothing is migrated from an incomplete reading',
  })
}
