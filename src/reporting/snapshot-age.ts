const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `2026-11-22 14:03 UTC`. */
export function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `2 h old`, for a time and now in milliseconds since the epoch. */
export function ageOf(time: string, now: number): string {
  const age = now - Date.parse(time)
  if (age < MINUTE) return 'just read'
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min old`
  if (age < 2 * DAY) return `${Math.floor(age / HOUR)} h old`
  return `${Math.floor(age / DAY)} days old`
}
