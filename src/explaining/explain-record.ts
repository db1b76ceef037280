import type { Explaining } from './explaining.ts'
import type { ExplainedAction, Explanation } from './explanation.ts'
import { mapTexts, maskingOf } from './masking.ts'
import { placeOf } from './places.ts'
import { showRecord } from './show-record.ts'
import type { TracedRecord } from './trace-record.ts'

/** A record of which no resource tells: it was left out, or it was refused before its key was known. */
export function explainRecord({ mapping, loaded }: Explaining, traced: TracedRecord): Explanation {
  const { record, result } = traced
  const masking = maskingOf(mapping, [record.data], (text) => loaded.redactor.redact(text))
  const shown = showRecord(traced, { loaded, masking })
  const rejects = result.rejects.map(({ kind, code, field = null, message, hint = null, origin }) => {
    return { kind, code, field, message, hint, origin: placeOf(origin) }
  })
  // What has a key is told with that.
  const first =
    rejects[
      Math.max(
        0,
        result.rejects.findIndex(({ key }) => key === null),
      )
    ]
  const action: ExplainedAction =
    first !== undefined
      ? { ...NOTHING, type: 'rejected', code: first.code, why: first.message, hint: first.hint }
      : shown.leftOutBy === null
        ? { ...NOTHING, type: 'not planned', why: 'what it yields became part of other records' }
        : { ...NOTHING, type: 'left out', why: whyLeftOut(shown.leftOutBy, shown.leftOutAt) }
  const explanation = { ...blank('record', placeOf(record.origin)), records: [shown], rejects, action }
  return mapTexts(explanation, masking.text)
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

/** An explanation of which nothing is told yet. */
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
