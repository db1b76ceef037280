import { ExitCode } from '../../diagnostics/errors.ts'
import { counted } from '../../reporting/style.ts'
import { describeHolder, glanceAtLock, glanceAtState } from '../../state/open.ts'
import { standingOf } from './files.ts'
import { type Finding, ok, type Patient, problem, shownPath, skipped, statePathOf, warning } from './patient.ts'
import { knownAddress } from './target.ts'

/** The state: whose it is, what it is bound to, what a run left open. It is only read. */
export function lookAtState(patient: Patient): Finding[] {
  const path = statePathOf(patient)
  if (path === undefined) return [skipped('state', 'needs state.path of the manifest')]
  const standing = standingOf(path, patient)
  if (standing === 'none') return [ok('state', `none yet: the first apply makes ${shownPath(path, patient)}`)]
  if (standing !== 'there') return [standing]
  const glance = glanceAtState(path)
  if (glance === undefined) {
    const hint = 'the first apply fills it; if there was a state, put back its newest backup (state.sqlite.….bak)'
    return [warning('state', `it is empty, and counts as a new one: ${shownPath(path, patient)}`, hint)]
  }
  const { serial, resources, openWrites, binding, journal } = glance
  const findings = [ok('state', `${counted(resources, 'resource')}, serial ${serial}: ${shownPath(path, patient)}`)]
  const address = knownAddress(patient)
  if (address !== undefined && binding !== undefined && binding.baseUrl !== address) {
    const hint =
      'give each environment a state of its own (state.path under environments), or choose the right one with -e'
    findings.push(
      problem(
        'state',
        `it belongs to ${binding.type} at ${binding.baseUrl}, not to workos at ${address}`,
        hint,
        ExitCode.guard,
      ),
    )
  }
  if (journal !== undefined) {
    const hint = 'the next command takes it in: keep it beside the state'
    findings.push(warning('state', `its journal is not counted in this: ${shownPath(journal, patient)}`, hint))
  }
  if (openWrites > 0) {
    const hint = 'the next plan or apply looks up what became of them: workos-migrate plan'
    findings.push(warning('state', `an interrupted run left ${counted(openWrites, 'write')} open`, hint))
  }
  return findings
}

/** Whether another command works with the state. */
export function lookAtLock(patient: Patient): Finding[] {
  const path = statePathOf(patient)
  if (path === undefined) return [skipped('lock', 'needs state.path of the manifest')]
  if (typeof standingOf(path, patient) === 'object') return [skipped('lock', 'needs a state that can be written')]
  const lock = glanceAtLock(path)
  if (!lock.held) return [ok('lock', 'nobody holds it')]
  const hint = 'wait until it has finished: the lock goes with the process, there is nothing to unlock'
  return [warning('lock', `${describeHolder(lock.holder)} is at work`, hint)]
}
