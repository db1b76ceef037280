import { closest, distance } from 'fastest-levenshtein'

/** The candidate that a misspelled word probably means; undefined if none is close. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = normalise(word)
  const same = candidates.find((candidate) => normalise(candidate) === plain)
  if (same !== undefined || candidates.length === 0) return same
  const best = closest(plain, candidates.map(normalise))
  const allowed = Math.max(1, Math.floor(Math.max(plain.length, best.length) * 0.4))
  return distance(plain, best) <= allowed ? candidates.find((candidate) => normalise(candidate) === best) : undefined
}

/** Treats `api_key`, `api-key` and `apiKey` as the same word. */
function normalise(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '')
}
