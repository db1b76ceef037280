import { plannedKinds } from '../kinds/registry.ts'
import { emitVerification } from '../reporting/verify.ts'
import type { Verification } from '../verifying/verification.ts'
import { verify } from '../verifying/verify.ts'
import type { Session } from './session.ts'
import type { World } from './world.ts'

/**
 * Reads WorkOS back, compares it with the source and the state of a session, and reports findings.
 * @throws as verify
 */
export async function compare(session: Session, { events, interrupted }: World): Promise<Verification> {
  const { loaded, state, target, scratch, scope, progress } = session
  const verification = await verify({
    loaded,
    state,
    target,
    scratch,
    kinds: plannedKinds(loaded.manifest),
    scoped: scope !== undefined,
    readSource: session.computeDesired,
    signal: interrupted,
    onWarning: (problem) => progress.aside(() => session.warn(problem)),
    onProgress: (step) => progress.step(step),
  }).finally(() => progress.clear())
  if (events) await emitVerification(events, verification)
  return verification
}
