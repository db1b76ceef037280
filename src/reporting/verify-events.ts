import { address } from '../planning/action.ts'
import { findingsOf, type Verification } from '../verifying/verification.ts'
import type { EventSink } from './events.ts'
import { FINDING_TYPES } from './verify-json.ts'

/** Tells of everything that is not as the source and the state say, and of the sum. Values stay out. */
export function emitVerification(events: EventSink, verification: Verification): void {
  for (const type of FINDING_TYPES) {
    for (const finding of findingsOf(verification, type, Number.POSITIVE_INFINITY)) {
      const { kind, key } = finding
      events.emit({
        type: 'difference',
        finding: type,
        address: address(finding),
        kind,
        key,
        ...('id' in finding && { id: finding.id }),
        ...('field' in finding && { field: finding.field, changed: finding.changed }),
      })
    }
  }
  const { outcome, kinds, secrets, rejected, openWrites, set } = verification
  const scope = set.scope && { scope: set.scope }
  events.emit({ type: 'verify_summary', outcome, kinds, secrets, rejected, openWrites, ...scope })
  events.check()
}
