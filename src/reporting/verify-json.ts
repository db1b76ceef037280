import { jsonText } from '../json.ts'
import { countFindings, type FindingType, findingsOf, type Verification } from '../verifying/verification.ts'
import { SAMPLE } from './verify-text.ts'

/** In the order in which they are told. */
export const FINDING_TYPES: readonly FindingType[] = [
  'deleted',
  'not_applied',
  'clash',
  'other_id',
  'different',
  'not_in_state',
  'extra',
  'role_of_group',
]

/**
 * A verification for programs: one JSON document, written piece by piece. `counts` says how many findings of each type there
 * are; `findings` holds the first few of each, or all of them.
 */
export function renderVerifyJson(verification: Verification, full: boolean, write: (text: string) => void): void {
  const { set, ...shown } = verification
  const counts = Object.fromEntries(FINDING_TYPES.map((type) => [type, countFindings(verification, type)]))
  const head = {
    format: 'workos-migrate-verification',
    version: 1,
    ...shown,
    scope: set.scope ?? null,
    reading: set.reading,
    counts,
  }
  write(`${jsonText(head).slice(0, -1)},"findings":[`)
  let separator = ''
  for (const type of FINDING_TYPES) {
    for (const finding of findingsOf(verification, type, full ? Number.POSITIVE_INFINITY : SAMPLE)) {
      const origin = type === 'extra' ? null : set.origin(finding.kind, finding.key)
      write(`${separator}\n${jsonText({ ...finding, origin })}`)
      separator = ','
    }
  }
  write(']}\n')
}
