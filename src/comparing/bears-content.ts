import { canonicalJson } from '../json.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import { saysNothing } from './empty.ts'

/** Whether a resource holds to the letter what a create sent, and nothing yet of what follows in requests of its own. */
export function bearsContent({ fields }: KindDefinition, sent: Attributes, live: Attributes): boolean {
  return Object.entries(fields).every(([field, { secret, compared, separate }]) => {
    if (secret || compared === false) return true
    const wanted = separate ? null : (sent[field] ?? null)
    const held = live[field] ?? null
    return saysNothing(wanted) ? saysNothing(held) : canonicalJson(wanted) === canonicalJson(held)
  })
}
