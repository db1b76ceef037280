import { distance } from 'fastest-levenshtein'
import type { Address, StateStore } from './store.ts'

/** Keys that are named at most. */
const NAMED = 3

/** A key that differs in more than this part of its characters is not meant. */
const PART = 0.4

/** Keys of the kind that the state has and that are nearly this one, the nearest first. */
export async function nearKeys(state: StateStore, { kind, key }: Address): Promise<string[]> {
  let near: { key: string; apart: number }[] = []
  const wanted = key.toLowerCase()
  for await (const batch of state.resources(kind)) {
    for (const resource of batch) {
      const allowed = Math.floor(Math.max(wanted.length, resource.key.length) * PART)
      if (Math.abs(wanted.length - resource.key.length) > allowed) continue
      const apart = distance(wanted, resource.key.toLowerCase())
      if (apart <= allowed) near.push({ key: resource.key, apart })
    }
    near = near.sort((a, b) => a.apart - b.apart).slice(0, NAMED)
  }
  return near.map((found) => found.key)
}
