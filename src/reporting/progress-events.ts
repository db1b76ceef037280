import { waitedFor } from '../clock.ts'
import type { Event, EventSink } from './events.ts'
import type { Figures } from './gauge.ts'
import type { ProgressListener } from './progress.ts'

/** Seconds between two events that say how far it is. */
const EVERY = 5

/** Tells events of what a run says of its progress. */
export function eventListener(events: EventSink): ProgressListener {
  let ticks = 0
  return {
    phaseStarted(phase) {
      ticks = 0
      events.emit({ type: 'phase_start', phase })
    },
    phaseEnded: (figures) => events.emit({ type: 'phase_complete', ...measured(figures) }),
    waiting: (wait) => {
      const { reason, why, ms } = wait
      events.emit({ type: 'wait', for: waitedFor(wait), reason, why, seconds: rounded(ms / 1000) })
    },
    ticked(figures) {
      ticks += 1
      if (ticks % EVERY === 0) events.emit(progressEvent(figures))
    },
  }
}

function progressEvent(figures: Figures): Event {
  const { failed, blocked, rate, left, wait, isWork } = figures
  const rates = {
    ...(rate !== undefined && { rate: rounded(rate) }),
    ...(left !== undefined && { left: rounded(left) }),
  }
  if (!isWork) return { type: 'source_progress', ...measured(figures), ...rates }
  const waiting = wait === undefined ? {} : { waiting: rounded(wait.seconds) }
  return { type: 'progress', ...measured(figures), failed, blocked, ...rates, ...waiting }
}

function measured({ phase, done, total, unit, share, elapsed }: Figures) {
  return {
    phase,
    ...(done !== undefined && { done }),
    ...(total !== undefined && { total }),
    ...(unit !== undefined && { unit }),
    ...(share !== undefined && { share: rounded(share) }),
    elapsed: rounded(elapsed),
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
