/** A request that got no usable answer, and what happens next is up to its sender. Neither its body nor its query is told. */
export interface FailedRequest {
  method: string
  path: string
  /** Undefined: no answer came. */
  status?: number
  /** What went wrong: `HTTP 503`, or why no answer came. */
  why: string
  /** Which attempt that was, from 1. */
  attempt: number
}
