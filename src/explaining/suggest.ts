import { distance } from 'fastest-levenshtein'
import { someKeys } from '../rundb/questions.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** How many keys and addresses of each table are compared. */
const SAMPLE = 20_000

/** How many are suggested. */
const SHOWN = 3

/** What is in the run and looks most like a text: addresses, and e-mail addresses of users. */
export function suggestions(rundb: RunDatabase, text: string): string[] {
  const wanted = text.toLowerCase()
  const colon = wanted.indexOf(':')
  const best: { text: string; away: number }[] = []
  const offer = (shown: string, compared: string): void => {
    const plain = compared.toLowerCase()
    const other = colon > 0 && shown.toLowerCase().startsWith(wanted.slice(0, colon + 1)) ? shown.toLowerCase() : plain
    const longest = Math.max(wanted.length, other.length)
    // What differs more in length than may be is not measured.
    if (Math.abs(wanted.length - other.length) > longest * 0.4) return
    const away = distance(wanted, other)
    if (away > Math.max(1, Math.floor(longest * 0.4)) || best.some((one) => one.text === shown)) return
    best.push({ text: shown, away })
    best.sort((a, b) => a.away - b.away)
    best.splice(SHOWN)
  }
  for (const { kind, key, email } of someKeys(rundb, 'user', 'roleAssignment', SAMPLE)) {
    offer(`${kind}:${key}`, key)
    if (email !== null) offer(email, email)
  }
  return best.map((one) => one.text)
}
