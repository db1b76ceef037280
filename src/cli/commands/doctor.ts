import { ExitCode } from '../../diagnostics/errors.ts'
import { printable, wantsColor } from '../../diagnostics/printable.ts'
import { type Redactor, redactedValue } from '../../diagnostics/redactor.ts'
import { jsonText } from '../../json.ts'
import { counted, painter } from '../../reporting/style.ts'
import type { Context } from '../context.ts'
import {
  lookAtDisk,
  lookAtGit,
  lookAtLock,
  lookAtModes,
  lookAtNode,
  lookAtState,
  lookAtWorkers,
} from '../doctor/machine.ts'
import {
  lookAtFiles,
  lookAtLimits,
  lookAtLive,
  lookAtManifest,
  lookAtReferences,
  lookAtSnapshot,
} from '../doctor/manifest.ts'
import { admit, type DoctorOptions, type Finding, ofError, type Patient, type Status } from '../doctor/patient.ts'
import { lookAtCertificates, lookAtProxy, lookAtTarget } from '../doctor/target.ts'

/**
 * `doctor`. In: its options. Out: the findings of all checks, as text or JSON. The checks are in
 * ../doctor/ and take the same Patient.
 */

/** The checks, in order. */
const LOOKS: readonly [check: string, look: (patient: Patient) => Finding[] | Promise<Finding[]>][] = [
  ['node', lookAtNode],
  ['manifest', lookAtManifest],
  ['references', lookAtReferences],
  ['source', lookAtFiles],
  ['live', lookAtLive],
  ['snapshot', lookAtSnapshot],
  ['proxy', lookAtProxy],
  ['certificates', lookAtCertificates],
  ['target', lookAtTarget],
  ['state', lookAtState],
  ['lock', lookAtLock],
  ['modes', lookAtModes],
  ['git', lookAtGit],
  ['disk', lookAtDisk],
  ['limits', lookAtLimits],
  ['workers', lookAtWorkers],
]

/** Exit codes that win over others, in order. */
const FIRST: readonly ExitCode[] = [ExitCode.usage, ExitCode.credentials]

/** `doctor`: checks everything that a run needs, and writes nothing. */
export async function doctor(options: DoctorOptions, context: Context): Promise<ExitCode> {
  const patient = await admit(options, context)
  const findings: Finding[] = []
  for (const [check, look] of LOOKS) {
    context.interrupted.throwIfAborted()
    findings.push(...(await looked(check, () => look(patient))))
  }
  const clean = (text: string) => patient.redactor.redact(text)
  context.stdout.write(options.json ? asJson(findings, patient.redactor) : asText(findings, clean, context))
  return exitCodeOf(findings)
}

/** A check that throws does not stop the others. */
async function looked(check: string, look: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return ofError(check, error)
  }
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  const codes = findings.flatMap(({ status, exit }) => (status === 'problem' ? [exit ?? ExitCode.failure] : []))
  if (codes.length === 0) return ExitCode.done
  return FIRST.find((code) => codes.includes(code)) ?? ExitCode.failure
}

function asJson(findings: readonly Finding[], redactor: Redactor): string {
  const checks = findings.map(({ check, status, message, hint, code }) => ({ check, status, code, message, hint }))
  const isWell = findings.every(({ status }) => status !== 'problem')
  const report = { format: 'workos-migrate-doctor-report', version: 1, ok: isWell, checks }
  return `${jsonText(redactedValue(report, redactor), 2)}\n`
}

const MARKS: Readonly<Record<Status, readonly [mark: string, color: 'green' | 'yellow' | 'red' | 'dim']>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
  skipped: ['–', 'dim'],
}

function asText(findings: readonly Finding[], clean: (text: string) => string, { stdout, env }: Context): string {
  const paint = painter(wantsColor(stdout, env))
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, status, message, hint }) => {
    const [mark, color] = MARKS[status]
    const line = `${paint(color, mark)} ${check.padEnd(width)}  ${printable(clean(message))}`
    return hint === undefined
      ? [line]
      : [line, `${' '.repeat(width + 4)}${paint('cyan', 'hint:')} ${printable(clean(hint))}`]
  })
  const count = (wanted: Status) => findings.filter(({ status }) => status === wanted).length
  const verdict = `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}`
  return `${lines.join('\n')}\n\n${verdict}\n`
}
