import { address } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { stateOf, whatOf, whyOf } from '../left-out-text.ts'
import { code, prose } from './inline.ts'

/** The first records that the manifest leaves out, by name. */
export function leftOutRows({ set }: Plan, limit: number): string[] {
  return [...set.leftOut(limit)].map((item) => `- ${code(item.origin)} ${code(whatOf(item))} ${prose(whyOf(item))}\n`)
}

/** The first resources that the source no longer has, by name. */
export function orphanRows(plan: Plan, limit: number): string[] {
  return [...plan.orphans(limit)].map((orphan) => {
    const label = orphan.label === orphan.key ? '' : ` ${code(orphan.label)}`
    return `- ${code(address(orphan))}${label}: ${prose(stateOf(orphan))}\n`
  })
}
