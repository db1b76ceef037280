import { isObject, type Json } from '../json.ts'
import type { ValueProblem } from '../kinds/draft.ts'
import { type Origin, ROW_FILE, ROW_LINE, type SourceRecord } from '../sources/source.ts'
import { type Condition, FieldFailure, itemsOf } from './evaluate.ts'
import type { Reject } from './result.ts'
import type { CompiledRule } from './rule.ts'

/**
 * Runs a rule over its items; an expression that fails refuses its item, or the record where the items cannot be told.
 * @param leaveOut called with each item that `when` leaves out
 * @returns the condition by which there is no item
 */
export async function forEachItem(
  rule: CompiledRule,
  record: SourceRecord,
  reject: (item: Json, problems: readonly ValueProblem[], key: null, refs: Record<string, string>) => void,
  map: (item: Json) => Promise<void>,
  leaveOut: (item: Json) => Promise<void> = async () => {},
): Promise<Condition | undefined> {
  const guarded = async <T>(blamed: Json, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof FieldFailure)) throw error
      reject(blamed, [{ code: 'expression_failed', field: error.field, message: error.message }], null, {})
      return undefined
    }
  }
  const found = await guarded(record.data, () => itemsOf(rule, record.stream, record.data))
  for (const item of found?.leftOut ?? []) await leaveOut(item)
  for (const item of found?.items ?? []) await guarded(item, () => map(item))
  return found?.leftOutBy
}

/** Where an item stands: a joined row at its own line, everything else at the record's. */
export function originOf(record: SourceRecord, item: Json): Origin {
  if (!isObject(item)) return record.origin
  const { [ROW_FILE]: file, [ROW_LINE]: line } = item
  return typeof file === 'string' && typeof line === 'number' ? { file, line } : record.origin
}

/** One rejection of one resource, whatever the number of its problems: the first gives the code, all give the message. */
export function rejection(
  record: SourceRecord,
  item: Json,
  kind: string,
  key: string | null,
  problems: readonly ValueProblem[],
  refs: Record<string, string> = {},
): Reject {
  const [first] = problems
  const reject: Reject = {
    seq: record.seq,
    kind,
    key,
    code: first?.code ?? 'invalid',
    message: problems.map((problem) => problem.message).join('; '),
    origin: originOf(record, item),
    refs,
  }
  if (first !== undefined) reject.field = first.field
  const hints = new Set(problems.map(({ hint }) => hint).filter((hint) => hint !== undefined))
  if (hints.size > 0) reject.hint = [...hints].join('; ')
  return reject
}
