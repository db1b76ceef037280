import { digestSecrets } from '../comparing/digest.ts'
import type { Manifest, MergeRule } from '../config/manifest.ts'
import { policyFor } from '../desired/merge.ts'
import { jsonText } from '../json.ts'
import { mergeDrafts } from '../kinds/merge.ts'
import type { MergeConflict } from '../kinds/mergeable.ts'
import { draftDefinition } from '../kinds/registry.ts'
import { casesOf } from '../kinds/user/duplicate-cases.ts'
import { sharedIdsOf } from '../kinds/user/shared-ids.ts'
import type { Plan } from '../planning/plan.ts'
import { draftGroups, type Member, originText } from '../rundb/drafts.ts'

/** Kinds of which records may contradict each other. Of organizations, which every member mentions, only those are told. */
const KINDS = ['user', 'organization'] as const

interface ReportedValue {
  /** Index among the records of the group. */
  record: number
  value?: unknown
  /** In place of the value of a secret. */
  digest?: string
  /** Of a secret: its field, where it is another one. */
  field?: string
}

/**
 * What merging decided, as one JSON document in pieces (schemas/merges.schema.json): every user of several records and every
 * organization whose records differ, with the values that were not taken and the rule that decided; then the users that were refused
 * or blocked for whom they clash with. Nothing of it is kept while planning: the groups are merged once more, one at a time.
 * @param digestKey the state's: secrets appear as keyed digests, by which equal ones can be told and nothing else
 */
export function* mergeReport(plan: Plan, manifest: Manifest, digestKey: Uint8Array): Generator<string> {
  const { strategy } = manifest.dedupe.user
  const head = {
    format: 'workos-migrate-merges',
    version: 1,
    name: plan.name,
    environment: plan.inputs.environment,
    strategy,
    duplicates: plan.set.mergedUsers(),
    cases: plan.caseCounts(),
  }
  yield jsonText(head).slice(0, -1)
  yield* list('groups', groups(plan, manifest, digestKey))
  yield* list('clashes', clashes(plan))
  yield '}\n'
}

function* list(name: string, items: Iterable<object>): Generator<string> {
  yield `,\n"${name}":[`
  let between = '\n'
  for (const item of items) {
    yield `${between}${jsonText(item)}`
    between = ',\n'
  }
  yield ']'
}

function* groups({ set }: Plan, manifest: Manifest, digestKey: Uint8Array): Generator<object> {
  const { rundb } = set
  for (const kind of KINDS) {
    const { strategy, rules, order } = policyFor(manifest, kind)
    for (const members of draftGroups(rundb, kind, order)) {
      const { attributes, conflicts } = mergeDrafts(draftDefinition(kind), members, rules, strategy)
      if (kind !== 'user' && conflicts.length === 0) continue
      const key = members[0]?.key ?? ''
      const merged = set.get(kind, key) !== undefined
      const taken = strategy === 'error' && !merged ? undefined : attributes.externalId
      const shared = kind === 'user' ? sharedIdsOf(rundb, members, taken) : undefined
      yield {
        kind,
        key,
        fate: merged ? 'merged' : 'rejected',
        strategy,
        cases: kind === 'user' ? casesOf(members, manifest.dedupe.user.email, shared) : [],
        winner: merged ? 0 : null,
        records: members.map((member) => ({
          key: member.key,
          externalId: member.attributes.externalId ?? null,
          origin: originText(rundb, member),
          count: member.records,
          updatedAt: member.updatedAt === null ? null : new Date(member.updatedAt).toISOString(),
        })),
        conflicts: conflicts.map((conflict) => reported(conflict, members, merged, strategy, digestKey)),
      }
    }
  }
}

function reported(
  conflict: MergeConflict,
  members: readonly Member[],
  merged: boolean,
  strategy: Manifest['dedupe']['user']['strategy'],
  digestKey: Uint8Array,
): { field: string; rule: MergeRule | 'proof' | 'error'; kept: ReportedValue | null; dropped: ReportedValue } {
  const { draft, field, from, instead } = conflict
  const rule = strategy === 'error' && !merged ? 'error' : conflict.rule
  const digest = (name: string, record: number): ReportedValue => {
    const value = members[record]?.secrets?.[name]
    const digests = digestSecrets(digestKey, value === undefined ? null : { [name]: value })
    return { record, ...(name !== field && { field: name }), digest: digests[name] ?? '' }
  }
  if (conflict.kept === undefined) {
    return {
      field,
      rule,
      kept: from === undefined ? null : digest(instead ?? field, from),
      dropped: digest(field, draft),
    }
  }
  return {
    field,
    rule,
    kept: from === undefined ? null : { record: from, value: conflict.kept },
    dropped: { record: draft, value: conflict.dropped },
  }
}

/** Users that could not become one with whom they clash with. */
function* clashes({ set: { rundb } }: Plan): Generator<object> {
  const refused = rundb.db
    .prepare(
      `SELECT r.key, r.code, r.message, r.file, r.line,
         (SELECT min(c.code) FROM cases c WHERE c.key = r.key AND c.fate = 'rejected') AS name
       FROM rejects r WHERE r.kind = 'user' AND r.code IN ('key_contradiction', 'shared_external_id')
       ORDER BY r.key, r.file, r.line`,
    )
    .iterate()
  for (const { key, code, message, file, line, name } of refused) {
    const place = { file: Number(file), line: line === null ? null : Number(line) }
    yield { case: name ?? code, fate: 'rejected', code, key, origin: originText(rundb, place), message }
  }
  const blocked = rundb.db
    .prepare(
      `SELECT a.key, a.action ->> 'code' AS code, a.action ->> 'message' AS message, d.file, d.line FROM actions a
       JOIN desired d ON d.kind = a.kind AND d.key = a.key WHERE a.kind = 'user' AND a.type = 'blocked'
         AND a.action ->> 'code' IN ('external_id_clash', 'identity_clash', 'exists_already', 'unverified_account') ORDER BY a.key`,
    )
    .iterate()
  for (const { key, code, message, file, line } of blocked) {
    const place = { file: Number(file), line: line === null ? null : Number(line) }
    yield { case: code, fate: 'blocked', code, key, origin: originText(rundb, place), message }
  }
}
