import type { RequestClass } from './limiter.ts'

/** Maximum number of buckets. A longer run merges buckets in pairs and doubles their width. */
const BUCKETS = 600

/** A class of requests, or `refused`: the rejected requests of all classes. */
export type TimelineSeries = RequestClass | 'refused'

/**
 * Requests over time: the count of each bucket of `width` milliseconds, from the first request on.
 */
export interface TimelineCounts {
  width: number
  counts: Record<TimelineSeries, number[]>
}

/** Counts requests by class and time, in constant memory. */
export class RequestTimeline {
  #width = 1000
  #start: number | undefined
  readonly #counts: Record<TimelineSeries, Float64Array> = {
    write: new Float64Array(BUCKETS),
    read: new Float64Array(BUCKETS),
    other: new Float64Array(BUCKETS),
    'organization-delete': new Float64Array(BUCKETS),
    refused: new Float64Array(BUCKETS),
  }
  #last = 0

  /** A request leaves, or is rejected. @param now milliseconds of a monotonic clock */
  record(series: TimelineSeries, now: number): void {
    this.#start ??= now
    let bucket = Math.floor((now - this.#start) / this.#width)
    while (bucket >= BUCKETS) {
      this.#fold()
      bucket = Math.floor((now - this.#start) / this.#width)
    }
    this.#last = Math.max(this.#last, bucket)
    const counts = this.#counts[series]
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }

  /** Undefined if nothing was sent. */
  read(): TimelineCounts | undefined {
    if (this.#start === undefined) return undefined
    const of = (series: TimelineSeries) => [...this.#counts[series].subarray(0, this.#last + 1)]
    const counts = {
      write: of('write'),
      read: of('read'),
      other: of('other'),
      'organization-delete': of('organization-delete'),
      refused: of('refused'),
    }
    return { width: this.#width, counts }
  }

  #fold(): void {
    for (const counts of Object.values(this.#counts)) {
      for (let at = 0; at < BUCKETS / 2; at += 1) counts[at] = (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0)
      counts.fill(0, BUCKETS / 2)
    }
    this.#width *= 2
    this.#last = Math.floor(this.#last / 2)
  }
}
