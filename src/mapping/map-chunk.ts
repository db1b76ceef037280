/**
 * Maps a chunk of records. In: records of a source, the manifest's mapping as compile.ts made it. Out: drafts of resources, grants of
 * roles, and what came of the rest: rejects, notes, what was left out. It runs in workers (pool.ts), so it takes and gives plain data.
 */

import { lookalikeForm } from '../addresses.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { Normalised, ValueProblem } from '../kinds/draft.ts'
import { normaliseEmail } from '../kinds/values/email.ts'
import type { Draft } from '../rundb/drafts.ts'
import type { SourceRecord } from '../sources/source.ts'
import { appliesTo, type CompiledMapping, type KindRule } from './compile.ts'
import { concealed, concealing } from './conceal.ts'
import { noteNames } from './derived-names.ts'
import {
  type Condition,
  confusableSources,
  FieldFailure,
  fieldsOf,
  forEachItem,
  originOf,
  rejection,
} from './evaluate.ts'
import { implicitRef, type Own, type OwnResources } from './implicit-refs.ts'
import { addLeftOut, blamed, leftOutKey, type RuleName } from './left-out.ts'
import { mapAssignments } from './map-assignments.ts'
import { rankUser } from './rank-user.ts'
import { type MapResult, type MapTask, type Reject, unmappedRoles } from './result.ts'
import { runSteps, type Steps } from './steps.ts'

/** A result that nothing has come of yet. */
export function emptyResult(): MapResult {
  return {
    drafts: [],
    grants: [],
    rejects: [],
    notes: [],
    names: new Map(),
    assigned: 0,
    mapped: 0,
    leftOut: 0,
    leftOutBy: [],
    leftOutKeys: [],
    leftOutItems: [],
    leftOutRecords: [],
  }
}

/** Maps a chunk, record by record. What is wrong with a record is in `rejects`; a throw is a defect of this program. */
export async function mapChunk(task: MapTask, mapping: CompiledMapping): Promise<MapResult> {
  const result = emptyResult()
  const { tracker } = mapping
  tracker.begin(task.heartbeat)
  for (const [index, record] of task.records.entries()) {
    tracker.record(index)
    const mapped = mapRecord(record, mapping, result)
    if (mapped instanceof Promise) await mapped
  }
  tracker.end()
  return result
}

/** What became of one item of a rule: of the record, where an expression fails that tells the items. */
export type MappedItem = { rule: RuleName; kind: string; item: Json } & (
  | { ok: true; value: Normalised }
  | { ok: false; rejected: Reject }
)

/**
 * Maps one record by every rule that applies to it and adds to the result what comes of it.
 * @param watch called with each item, in order
 */
export function mapRecord(
  record: SourceRecord,
  mapping: CompiledMapping,
  result: MapResult,
  watch?: (mapped: MappedItem) => void,
): void | Promise<void> {
  return runSteps(recordSteps(record, mapping, result, watch))
}

function* recordSteps(
  record: SourceRecord,
  mapping: CompiledMapping,
  result: MapResult,
  watch?: (mapped: MappedItem) => void,
): Steps<void> {
  const before = yielded(result)
  const firstDraft = result.drafts.length
  const own: Own = new Map()
  const { mainStream } = mapping.settings
  const conditions = new Map<RuleName, Condition | undefined>()
  for (const kindRule of mapping.kinds) {
    if (!appliesTo(kindRule.rule, record.stream, mainStream)) continue
    const reject = (
      item: Json,
      problems: readonly ValueProblem[],
      key: string | null,
      refs: Record<string, string>,
      email?: string,
    ) => {
      const { definition, rule } = kindRule
      const conceal = concealing(rule.secretNames, record.data, item)
      const shown = concealed(problems, definition.secretInputs ?? [], conceal)
      const rejected = {
        ...rejection(record, item, definition.name, key, shown, refs),
        ...(email !== undefined && { email }),
      }
      ownOf(own, kindRule.definition.name).rejected ??= rejected
      result.rejects.push(rejected)
      result.notes.push(...unmappedRoles(rejected, shown))
      watch?.({ rule: rule.kind, kind: definition.name, item, ok: false, rejected })
    }
    function* leaveOut(item: Json): Steps<void> {
      const path = `map.${kindRule.rule.kind}.when`
      const key = yield* itemKey(kindRule, item, record.data, mapping)
      if (key !== undefined) result.leftOutKeys.push({ kind: kindRule.definition.name, key, path })
      noteLeftOut(own, kindRule, key, path)
    }
    function* map(item: Json): Steps<void> {
      const fields = yield* fieldsOf(kindRule.rule, item, record.data)
      const { missing, leftOutBy, filled } = addImplicitRefs(kindRule, fields, own)
      if (leftOutBy !== undefined) {
        const refs = refsIn(kindRule, fields)
        const key = keyOf(kindRule, refs)
        const { name: kind } = kindRule.definition
        result.leftOutItems.push({ kind, key, path: leftOutBy, refs, origin: originOf(record, item) })
        return noteLeftOut(own, kindRule, key ?? undefined, leftOutBy)
      }
      const { stream, seq } = record
      const naming = { result, roles: mapping.settings.roles, stream, seq, origin: originOf(record, item) }
      noteNames(kindRule.definition.name, kindRule.rule, fields, naming)
      const refs = refsIn(kindRule, fields)
      if (missing !== undefined) return reject(item, [missing], keyOf(kindRule, refs), refs)
      const normalised = kindRule.definition.normalise(fields, mapping.settings, filled)
      const confusable = confusableSources(kindRule.rule, item, record.data)
      if (!normalised.ok || confusable.length > 0) {
        const key = normalised.ok ? normalised.value.key : normalised.key
        const problems = normalised.ok ? confusable : withSources(normalised.problems, confusable)
        return reject(item, problems, key, refs, addressIn(kindRule, fields))
      }
      yield* accept(record, item, kindRule, normalised.value, mapping, result)
      ownOf(own, kindRule.definition.name).keys.set(normalised.value.key, normalised.value.refs)
      watch?.({
        rule: kindRule.rule.kind,
        kind: kindRule.definition.name,
        item,
        ok: true,
        value: normalised.value,
      })
    }
    conditions.set(kindRule.rule.kind, yield* forEachItem(kindRule.rule, record, reject, map, leaveOut))
  }
  const { roleAssignment } = mapping
  if (roleAssignment !== undefined && appliesTo(roleAssignment, record.stream, mainStream)) {
    const { roles } = mapping.settings
    const leftOutBy = yield* mapAssignments(roleAssignment, record, own, roles, result, firstDraft)
    conditions.set('roleAssignment', leftOutBy)
  }
  if (yielded(result) > before) {
    result.mapped += 1
    return
  }
  const { path, rule } = blamed(conditions, mapping.settings.map, record.stream)
  addLeftOut(result, record, path, yield* leftOutKey(record, rule, mapping))
}

/** Both, unless they tell of the same address. */
function withSources(problems: readonly ValueProblem[], confusable: readonly ValueProblem[]): ValueProblem[] {
  const known = new Set(problems.map(({ code }) => code))
  return [...problems, ...confusable.filter(({ code }) => !known.has(code))]
}

function ownOf(own: Own, kind: string): OwnResources {
  let resources = own.get(kind)
  if (resources === undefined) {
    resources = { keys: new Map(), rejected: undefined }
    own.set(kind, resources)
  }
  return resources
}

/** A single one that is left out has its key told. */
function noteLeftOut(own: Own, { definition: { name } }: KindRule, key: string | undefined, path: string): void {
  const resources = ownOf(own, name)
  resources.leftOut = { path, ...(resources.leftOut === undefined && key !== undefined && { key }) }
}

/**
 * Fills in references that the rule does not map with the resource that the record itself yields, or with what such a resource refers to:
 * a member of the record's own group belongs to that group's organization.
 */
function addImplicitRefs(
  { rule, definition }: KindRule,
  fields: JsonObject,
  own: Own,
): { missing?: ValueProblem; leftOutBy?: string; filled: ReadonlySet<string> } {
  const filled = new Set<string>()
  let missing: ValueProblem | undefined
  let leftOutBy: string | undefined
  const isOpen = (field: string) => !filled.has(field) && !rule.fields.some(({ name }) => name === field)
  for (const [field, kind] of Object.entries(definition.refs)) {
    if (!definition.mapped.includes(field) || !isOpen(field)) continue
    const found = implicitRef(kind, own.get(kind))
    if (!found.ok) {
      // By it, what depends on something that was rejected is known to be in the source.
      if (found.key !== undefined) fields[field] = found.key
      if ('leftOutBy' in found) leftOutBy ??= found.leftOutBy
      else missing ??= { code: found.code, field, message: found.message, hint: found.hint }
      continue
    }
    for (const [name, key] of [[field, found.key] as const, ...Object.entries(found.refs)]) {
      if (!(name in definition.refs) || !isOpen(name)) continue
      fields[name] = key
      filled.add(name)
    }
  }
  return { ...(missing && { missing }), ...(leftOutBy !== undefined && { leftOutBy }), filled }
}

/** The address among the fields of a user, if it is one. */
function addressIn({ definition }: KindRule, { email }: JsonObject): string | undefined {
  const read = definition.name === 'user' ? normaliseEmail(email) : undefined
  return read?.ok ? read.value : undefined
}

/** The key that follows from the references, if all of them are there. */
function keyOf({ definition }: KindRule, refs: Record<string, string>): string | null {
  const isWhole = Object.keys(definition.refs).every((role) => role in refs)
  return isWhole ? (definition.keyFromRefs?.(refs) ?? null) : null
}

function refsIn({ definition }: KindRule, fields: JsonObject): Record<string, string> {
  const refs: Record<string, string> = {}
  for (const field of Object.keys(definition.refs)) {
    const value = fields[field]
    if (typeof value === 'string' && value.trim() !== '') refs[field] = value.trim()
  }
  return refs
}

function* accept(
  record: SourceRecord,
  item: Json,
  { definition }: KindRule,
  value: Normalised,
  mapping: CompiledMapping,
  result: MapResult,
): Steps<void> {
  const { key, attributes, secrets, refs } = value
  const { seq } = record
  result.drafts.push({
    seq,
    kind: definition.name,
    key,
    ...(definition.name === 'user' ? yield* userFields(record, item, value, mapping) : { group: null }),
    refs,
    attributes: canonicalJson(attributes),
    secrets: secrets === null ? null : canonicalJson(secrets),
    origin: originOf(record, item),
  })
  for (const { code, detail } of value.notes) result.notes.push({ seq, kind: definition.name, key, code, detail })
}

/** What tells users apart and ranks those that are one. */
function* userFields(
  { data }: SourceRecord,
  item: Json,
  { key, attributes }: Normalised,
  { dedupe, secretNames }: CompiledMapping,
): Steps<Pick<Draft, 'group' | 'rank' | 'updatedAt' | 'externalId' | 'lookalike'>> {
  const conceal = (text: string) => concealing(secretNames, data, item)(text)
  const { externalId, email } = attributes
  const lookalike = typeof email === 'string' ? lookalikeForm(email) : undefined
  return {
    ...(yield* rankUser(dedupe, { ...attributes, key }, data, conceal)),
    ...(typeof externalId === 'string' && externalId !== key && { externalId }),
    ...(lookalike !== undefined && { lookalike }),
  }
}

function yielded(result: MapResult): number {
  return result.drafts.length + result.grants.length + result.rejects.length + result.assigned
}

/** The fields that a key is made of, of what other records refer to by it. */
const KEY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  user: ['key', 'externalId', 'email'],
  organization: ['key', 'id', 'externalId', 'name'],
  group: ['key', 'name', 'organization'],
}

/**
 * The key of an item that `when` leaves out, so that what belongs to it can be left out as well. Undefined: it cannot be computed, or nothing
 * refers to such a thing.
 */
function* itemKey(
  { rule, definition }: KindRule,
  item: Json,
  record: JsonObject,
  { settings }: CompiledMapping,
): Steps<string | undefined> {
  const names = KEY_FIELDS[definition.name]
  if (names === undefined) return undefined
  const fields = rule.fields.filter(({ name }) => names.includes(name))
  try {
    const normalised = definition.normalise(yield* fieldsOf({ ...rule, fields }, item, record), settings)
    return (normalised.ok ? normalised.value.key : normalised.key) ?? undefined
  } catch (error) {
    if (error instanceof FieldFailure) return undefined
    throw error
  }
}
