import type { LoadedManifest } from '../config/loaded-manifest.ts'
import type { DesiredSet } from '../desired/desired-set.ts'
import { leftOutBy } from '../rundb/left-out.ts'
import type { Address } from '../state/store.ts'
import type { Explaining } from './explaining.ts'
import type { ExplainedAction, ExplainedRecord, ExplainedReject, Explanation } from './explanation.ts'
import { mapTexts, maskingOf } from './masking.ts'
import { placeOf, writtenAt } from './places.ts'
import { showRecord } from './show-record.ts'
import type { TracedRecord } from './trace-record.ts'

/**
 * A record of which no resource tells: it was left out, or it was refused before its key was known.
 * @param leftOut what is meant of it, where a condition leaves that out, and something else comes of the record
 */
export function explainRecord(
  { mapping, loaded, plan }: Explaining,
  traced: TracedRecord,
  leftOut?: Address,
): Explanation {
  const { record, result } = traced
  const masking = maskingOf(mapping, [record.data], (text) => loaded.redactor.redact(text))
  const shown = showRecord(traced, { loaded, masking })
  const rejects = result.rejects.map(({ kind, code, field = null, message, hint = null, origin }) => {
    return { kind, code, field, message, hint, origin: placeOf(origin) }
  })
  const without = leftOut === undefined ? undefined : whyWithout(traced, leftOut, plan.set, loaded)
  // What has a key is told with that.
  const keyless = result.rejects.findIndex(({ key }) => key === null)
  const reject = rejects[keyless] ?? (without === undefined ? rejects[0] : undefined)
  const action = actionOf(reject, shown, without)
  const explanation = { ...blank('record', placeOf(record.origin)), records: [shown], rejects, action }
  return mapTexts(explanation, masking.text)
}

function actionOf(
  reject: ExplainedReject | undefined,
  { leftOutBy, leftOutAt }: ExplainedRecord,
  without: string | undefined,
): ExplainedAction {
  if (reject !== undefined)
    return { ...NOTHING, type: 'rejected', code: reject.code, why: reject.message, hint: reject.hint }
  if (leftOutBy !== null) return { ...NOTHING, type: 'left out', why: whyLeftOut(leftOutBy, leftOutAt) }
  if (without !== undefined) return { ...NOTHING, type: 'left out', why: without }
  return { ...NOTHING, type: 'not planned', why: 'what it yields became part of other records' }
}

/** Why a part of a record is left out while the record yields something else. */
function whyWithout(
  { rules }: TracedRecord,
  { kind, key }: Address,
  { rundb }: DesiredSet,
  loaded: LoadedManifest,
): string {
  const own = rules.find((rule) => rule.kind === kind && rule.items.some(({ chosen }) => !chosen))
  const path = own === undefined ? leftOutBy(rundb, kind, key) : `map.${own.rule.kind}.when`
  if (path === undefined) return `the ${kind} follows from what is left out`
  const at = writtenAt(loaded, path.split('.'))
  if (own !== undefined) return `the ${kind}: ${whyLeftOut(path, at)}`
  return `the ${kind}: ${path}${at === null ? '' : ` (${at})`} leaves out what it belongs to`
}

/** A record that the source itself refused: it never reached the mapping. */
export function explainRefused({ plan, loaded }: Explaining, origin: string): Explanation {
  const rejects = [...plan.set.rejects().filter((one) => one.kind === 'record' && one.origin === origin)]
  const [first] = rejects
  const action: ExplainedAction = {
    ...NOTHING,
    type: 'rejected',
    code: first?.code ?? null,
    why: first?.message ?? 'the source refused it',
    hint: first?.hint ?? null,
  }
  const shown = rejects.map(({ key: _key, records: _records, ...reject }) => reject)
  return mapTexts({ ...blank('record', origin), rejects: shown, action }, (text) => loaded.redactor.redact(text))
}

const NOTHING = { code: null, hint: null, changes: [], kept: [] }

function whyLeftOut(path: string, at: string | null): string {
  const where = at === null ? '' : ` (${at})`
  if (path.endsWith('.when')) return `${path}${where} is not true of it`
  if (path.includes('.each')) return `${path}${where} yields no item`
  if (path === 'roles.unmapped') return 'roles.map knows none of its roles, and roles.unmapped is drop'
  return `${path}${where}`
}

/** An empty explanation. */
export function blank(kind: string, address: string, key: string | null = null): Explanation {
  return {
    kind,
    key,
    address,
    label: null,
    mergedKeys: [],
    declared: null,
    records: [],
    moreRecords: 0,
    rejects: [],
    merging: null,
    notes: [],
    password: null,
    roles: [],
    references: [],
    dependents: [],
    state: null,
    live: null,
    action: { ...NOTHING, type: 'not planned', why: '' },
    requests: [],
  }
}
