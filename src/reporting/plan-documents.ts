/** A plan as files for programs, in pieces: JSON, the report of merges, the list of resets. */

import type { Manifest, MergeRule, MergeStrategy } from '../config/manifest.ts'
import { policyFor } from '../desired/merge.ts'
import { digestSecrets } from '../digest.ts'
import { jsonText, withoutSteering } from '../json.ts'
import { lostRoles, unmappedRoles } from '../kinds/membership/reports.ts'
import { type MergeConflict, mergeDrafts } from '../kinds/merge.ts'
import { organization } from '../kinds/organization/organization.ts'
import { draftDefinition } from '../kinds/registry.ts'
import { clashingUsers } from '../kinds/user/clashes.ts'
import { casesOf, sharedIdsOf } from '../kinds/user/duplicates.ts'
import { describeReset, passwordResets } from '../kinds/user/passwords/counts.ts'
import { unsupportedTotp, unsupportedTotpCounts } from '../kinds/user/totp-factor.ts'
import { user } from '../kinds/user/user.ts'
import { type Action, actionValues, describeSecrets } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import { actionsWithCreated } from '../rundb/actions.ts'
import { originText } from '../rundb/drafts.ts'
import { leftOutWith } from '../rundb/left-out.ts'
import { draftGroups, type Member } from '../rundb/several.ts'
import { csvLine, escapeCell } from '../sources/text/reject-columns.ts'

/** One JSON document (schemas/plan.schema.json). Secret fields appear only by name. */
export function* planJson(plan: Plan): Generator<string> {
  const { name, inputs, summary, set } = plan
  const head = {
    format: 'workos-migrate-plan-report',
    version: 1,
    name,
    inputs,
    where: plan.where,
    scope: set.scope ?? null,
    reading: set.reading,
    accounting: set.accounting,
    duplicates: set.mergedUsers(),
    cases: plan.caseCounts(),
    mergeCounts: set.mergeCounts(),
    summary,
    unmappedRoles: unmappedRoles(set),
    totpUnsupportedCounts: unsupportedTotpCounts(set),
  }
  yield jsonText(head).slice(0, -1)
  yield* list('blocked', plan.blockedCounts())
  yield* list('fields', plan.fields)
  yield* listOf('actions', actionTexts(plan))
  yield* list('drift', plan.drift())
  yield* list('spared', plan.skippedDeletions())
  yield* list('rejects', set.rejects())
  yield* list('leftOut', set.leftOut())
  yield* list('leftOutWith', leftOutWith(set.rundb))
  yield* list('orphans', plan.orphans())
  yield* list('merges', set.merges())
  yield* list('lostRoles', lostRoles(set))
  yield* list('totpUnsupported', unsupportedTotp(set))
  yield '}\n'
}

/** JSON.parse moves members with numeric names to the front, so such texts are parsed. */
const NUMBERED = /"\d+":/

/**
 * Actions with `before`, `after` and `secrets`: see ActionValues. For speed, the values of most
 * creates are copied as text without parsing.
 */
function* actionTexts(plan: Plan): Generator<string> {
  for (const { action: text, attributes, secrets } of actionsWithCreated(plan.set.rundb)) {
    const action: Action = JSON.parse(text)
    if (attributes === null || NUMBERED.test(attributes)) yield shownText({ ...action, ...actionValues(plan, action) })
    else {
      const said = secrets === null ? {} : describeSecrets(JSON.parse(secrets))
      const head = shownText({ ...action, before: null }).slice(0, -1)
      yield `${head},"after":${withoutSteering(attributes)},"secrets":${jsonText(said)}}`
    }
  }
}

function* list(name: string, items: Iterable<object>): Generator<string> {
  yield* listOf(name, texts(items))
}

function* texts(items: Iterable<object>): Generator<string> {
  for (const item of items) yield shownText(item)
}

function shownText(item: object): string {
  const { send: _send, applied: _applied, ...shown } = item as Record<string, unknown>
  return jsonText(shown)
}

function* listOf(name: string, texts: Iterable<string>): Generator<string> {
  yield `,\n"${name}":[`
  let first = true
  for (const text of texts) {
    yield `${first ? '' : ','}\n${text}`
    first = false
  }
  yield ']'
}

/**
 * Kinds whose records can contradict each other. Organizations are reported only if they differ.
 */
const KINDS = [user.name, organization.name]

interface ReportedValue {
  /** Index in the records of the group. */
  record: number
  value?: unknown
  /** Replaces the value of a secret. */
  digest?: string
  /** For a secret: its field, if it is another one. */
  field?: string
}

/**
 * The report of merges as one JSON document in pieces (schemas/merges.schema.json): every user of
 * several records, every organization whose records differ, and users that clash. Planning stores
 * nothing for it: the groups are merged again, one at a time.
 * @param digestKey of the state: secrets appear as keyed digests, which only show equality
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

function* groups({ set }: Plan, manifest: Manifest, digestKey: Uint8Array): Generator<object> {
  const { rundb } = set
  for (const kind of KINDS) {
    const { strategy, rules, order } = policyFor(manifest, kind)
    for (const members of draftGroups(rundb, kind, order)) {
      const { attributes, conflicts } = mergeDrafts(draftDefinition(kind), members, rules, strategy)
      if (kind !== user.name && conflicts.length === 0) continue
      const key = members[0]?.key ?? ''
      const merged = set.get(kind, key) !== undefined
      const taken = strategy === 'error' && !merged ? undefined : attributes.externalId
      const shared = kind === user.name ? sharedIdsOf(rundb, members, taken) : undefined
      yield {
        kind,
        key,
        fate: merged ? 'merged' : 'rejected',
        strategy,
        cases: kind === user.name ? casesOf(members, manifest.dedupe.user.email, shared) : [],
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
  strategy: MergeStrategy,
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

/** Users that could not be merged because they clash. */
function* clashes({ set: { rundb } }: Plan): Generator<object> {
  for (const { place, message, ...clash } of clashingUsers(rundb)) {
    yield { ...clash, origin: originText(rundb, place), message }
  }
}

const COLUMNS = ['key', 'email', 'place', 'fate', 'reason', 'why'] as const

/** Whether a file that begins like this was written by `resetsCsv`. */
export function isResetsHead(head: string): boolean {
  return head.startsWith(`\uFEFF${csvLine(COLUMNS)}\n`)
}

/**
 * Users whose password is not migrated, and why, as CSV in pieces. The rows of each `fate` add up
 * to the figures of the plan.
 */
export function* resetsCsv({ set }: Plan): Generator<string> {
  yield `\uFEFF${csvLine(COLUMNS)}\n`
  for (const reset of passwordResets(set.rundb)) {
    const { key, email, origin, fate, reason } = reset
    yield `${csvLine([key, email, origin, fate, reason, describeReset(reset)].map(escapeCell))}\n`
  }
}
