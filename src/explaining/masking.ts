/**
 * What an explanation can show. `maskingOf` removes secrets from everything. `withoutValues`
 * removes every value and every key of a user from a finished explanation (`--mask all`).
 */

import { printable } from '../diagnostics/printable.ts'
import { looksLikeHash } from '../inspecting/password-format.ts'
import { isSecretName } from '../inspecting/sensitivity.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { shownHashType } from '../kinds/user/passwords/hash-types.ts'
import { recognisePasswordHash } from '../kinds/user/passwords/recognise.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { concealing } from '../mapping/conceal.ts'
import { ROW_FILE, ROW_LINE } from '../sources/source.ts'
import type {
  ExplainedItem,
  ExplainedRecord,
  ExplainedRole,
  ExplainedValue,
  Explanation,
  ExplanationDocument,
} from './explanation.ts'

/** Masks the secrets in values of records. */
export interface Masking {
  /** The name of a column. Without a header, it is a value of the first record. */
  name(name: string): string
  /** A column of a record, or a member of one. */
  column(name: string, value: Json): Json
  /** A value that is not a secret by its place. */
  value(value: Json): Json
  /** All output passes through this. */
  text(text: string): string
}

/** Names of columns that contain hashes. Their type can be shown. */
const OF_PASSWORD = /pass|hash|digest|pwd/i

const SECRET = '(secret)'

/**
 * @param records whose secrets are removed from every text
 * @param redact removes the secrets of the manifest from a text
 */
export function maskingOf(
  mapping: CompiledMapping,
  records: readonly JsonObject[],
  redact: (text: string) => string,
): Masking {
  const conceal = concealing(namesOfSecrets(mapping, records), ...records)
  const typeNames = namesOfTypes(mapping)
  const text = (plain: string) => redact(conceal(plain))
  const nameOf = (name: string) => (holdsHash(name) ? SECRET : text(name))
  const value = (plain: Json): Json => {
    if (typeof plain === 'string') return holdsHash(plain) ? secretWord(plain, true) : text(plain)
    if (typeof plain === 'number') return text(String(plain)) === String(plain) ? plain : SECRET
    if (Array.isArray(plain)) return plain.map(value)
    if (!isObject(plain)) return plain
    return Object.fromEntries(Object.entries(plain).map(([name, member]) => [nameOf(name), column(name, member)]))
  }
  const column = (name: string, plain: Json): Json => {
    if (typeNames.has(name) && typeof plain === 'string')
      return plain === '' ? plain : shownHashType(plain.trim().toLowerCase())
    const secret = mapping.secretNames.has(name) || isSecretName(name)
    return secret ? masked(plain, OF_PASSWORD.test(name)) : value(plain)
  }
  return { name: nameOf, column, value, text }
}

/** The names of secrets in the mapping, and names in the records that look like secrets. */
function namesOfSecrets({ secretNames }: CompiledMapping, records: readonly Json[]): Set<string> {
  const names = new Set(secretNames)
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) {
        if (isSecretName(name)) names.add(name)
        visit(member)
      }
  }
  for (const record of records) visit(record)
  return names
}

/** Columns with the type of a hash. If the two columns are swapped, they contain the hash. */
function namesOfTypes({ kinds, secretNames }: CompiledMapping): Set<string> {
  const fields = kinds.flatMap(({ rule }) => rule.fields.filter(({ secret }) => secret))
  const expressions = fields.flatMap(({ value }) => (Array.isArray(value) ? value.map(([, one]) => one) : [value]))
  const names = expressions.flatMap((expression) => [...expression.fields])
  return new Set(
    names.filter((name) => !secretNames.has(name) && !isSecretName(name) && /type|hasher|algorithm/i.test(name)),
  )
}

/** Empty values stay visible: that a column is empty is not a secret. */
function masked(value: Json, ofPassword: boolean): Json {
  if (value === null || value === '' || typeof value === 'boolean') return value
  if (Array.isArray(value) && value.length === 0) return value
  return secretWord(value, ofPassword)
}

export function secretWord(value: Json | undefined, ofPassword: boolean): string {
  if (isObject(value) && typeof value.type === 'string') return `(secret, ${shownHashType(value.type)})`
  if (!ofPassword || typeof value !== 'string') return SECRET
  const found = recognisePasswordHash(value)
  const type = 'type' in found ? found.type : 'unsupported' in found ? found.unsupported : 'unknown'
  return type === 'unknown' ? SECRET : `(secret, ${type})`
}

function holdsHash(text: string): boolean {
  return looksLikeHash(text.trim())
}

/** Members whose values are words of this program. */
const WORDS: ReadonlySet<string> = new Set([
  'format',
  'kind',
  'plural',
  'type',
  'fate',
  'ownership',
  'rule',
  'from',
  'strategy',
  'method',
])

/** Passes every text of a value through a function, except words of this program. */
export function mapTexts<T>(value: T, change: (text: string) => string): T
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      WORDS.has(name) && typeof member === 'string' ? member : mapTexts(member, change),
    ]),
  )
}

/** Replaces a value. */
const HIDDEN = '***'

/** Hides a user: the key of a resource, and some texts in sentences. */
interface Hiding {
  key(kind: string, key: string): string
  sentence(text: string, hidden: ReadonlyMap<string, string>): string
}

/** A description of a secret, which is not a value. */
const SECRET_WORD = /^\(secret(, [a-z0-9-]+)?\)$/
/** An ID that WorkOS has not assigned yet: `(id of user:u1)`. */
const ID_OF = /^\(id of ([a-z-]+):(.*)\)$/s
/** One or more of these IDs in a text. */
const IDS_WITHIN = /\(id of ([a-z-]+):(.*?)\)/gs

/**
 * The explanation without any value of the source, the state or WorkOS, and without keys of users.
 * Names of fields and columns, expressions, places, WorkOS IDs, codes and booleans stay.
 */
export function withoutValues(document: ExplanationDocument, hiding: Hiding): ExplanationDocument {
  return { ...document, asked: HIDDEN, explanations: document.explanations.map((one) => hide(one, hiding)) }
}

function hide(explanation: Explanation, hiding: Hiding): Explanation {
  const hidden = textsOf(explanation, hiding)
  const told = (text: string) => hiding.sentence(text, hidden)
  const maybe = (text: string | null) => (text === null ? null : told(text))
  const address = (text: string) => hiddenAddress(text, hiding)
  const role = (one: ExplainedRole): ExplainedRole => ({
    ...one,
    name: one.name === null ? null : HIDDEN,
    ...(one.why !== undefined && { why: told(one.why) }),
  })
  const { kind, key, label, merging, password, state, live, action } = explanation
  return {
    ...explanation,
    key: key === null ? null : hiding.key(kind, key),
    address: key === null ? explanation.address : address(explanation.address),
    label: label === null ? null : HIDDEN,
    mergedKeys: explanation.mergedKeys.map((one) => hiding.key(kind, one)),
    records: explanation.records.map((record) => hiddenRecord(record, told, address)),
    rejects: explanation.rejects.map((one) => ({ ...one, message: told(one.message), hint: maybe(one.hint) })),
    merging: merging && {
      ...merging,
      same: hiddenValue(merging.same),
      records: merging.records.map((one) => ({ ...one, key: hiding.key(kind, one.key) })),
      conflicts: merging.conflicts.map((one) => hideMembers(one, ['kept', 'dropped'])),
    },
    notes: explanation.notes.map((one) => ({ ...one, detail: told(one.detail) })),
    password: password && { ...password, why: told(password.why) },
    roles: explanation.roles.map(role),
    references: explanation.references.map((one) => ({ ...one, address: address(one.address), why: maybe(one.why) })),
    dependents: explanation.dependents.map((of) => ({
      ...of,
      shown: of.shown.map((one) => ({
        ...one,
        address: address(one.address),
        why: maybe(one.why),
        ...(one.roles && { roles: one.roles.map(role) }),
      })),
    })),
    state: state && {
      ...state,
      attributes: hiddenMembers(state.attributes),
      refs: Object.fromEntries(Object.entries(state.refs).map(([name, of]) => [name, hiding.key(name, of)])),
      answered: state.answered && hiddenMembers(state.answered),
    },
    live: live && { ...live, attributes: hiddenMembers(live.attributes), why: maybe(live.why) },
    action: {
      ...action,
      why: told(action.why),
      hint: maybe(action.hint),
      changes: action.changes.map((one) => ('secret' in one ? one : hideMembers(one, ['before', 'after']))),
      kept: action.kept.map((one) => hideMembers(one, ['live', 'desired'])),
    },
    requests: explanation.requests.map(({ path, body, ...request }) => ({
      ...request,
      path: hiddenIds(path, hiding),
      ...(body !== undefined && { body: hiddenBody(body, hiding) }),
    })),
  }
}

function hiddenRecord(
  record: ExplainedRecord,
  told: (text: string) => string,
  address: (text: string) => string,
): ExplainedRecord {
  const value = (one: ExplainedValue): ExplainedValue => ({
    ...hideMembers(one, ['value', 'became']),
    ...(one.fails !== undefined && { fails: told(one.fails) }),
  })
  const item = (one: ExplainedItem): ExplainedItem => ({
    ...one,
    ...(one.when && { when: value(one.when) }),
    fields: one.fields.map(value),
    yields: one.yields === null ? null : address(one.yields),
    rejected: one.rejected === null ? null : told(one.rejected),
  })
  return {
    ...record,
    columns: hiddenMembers(record.columns),
    // The value of `each` is its number of items.
    rules: record.rules.map((rule) => ({
      ...rule,
      ...(rule.each?.fails !== undefined && { each: { ...rule.each, fails: told(rule.each.fails) } }),
      items: rule.items.map(item),
    })),
  }
}

function hiddenAddress(text: string, hiding: Hiding): string {
  const colon = text.indexOf(':')
  return `${text.slice(0, colon + 1)}${hiding.key(text.slice(0, colon), text.slice(colon + 1))}`
}

function hiddenIds(text: string, hiding: Hiding): string {
  return text.replace(IDS_WITHIN, (_, kind: string, key: string) => `(id of ${kind}:${hiding.key(kind, key)})`)
}

function hiddenBody(body: JsonObject, hiding: Hiding): JsonObject {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      const isId = typeof value === 'string' && ID_OF.test(value)
      return [name, isId ? hiddenIds(value, hiding) : hiddenValue(value)]
    }),
  )
}

/** Numbers are values, too: a phone number is one. */
function hiddenValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(hiddenValue)
  if (isObject(value)) return hiddenMembers(value)
  if (value === null || value === '' || typeof value === 'boolean') return value
  return typeof value === 'string' && SECRET_WORD.test(value) ? value : HIDDEN
}

function hiddenMembers(values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      name === ROW_FILE || name === ROW_LINE ? value : hiddenValue(value),
    ]),
  )
}

function hideMembers<T extends object, Name extends string>(of: T & Partial<Record<Name, Json>>, names: Name[]): T {
  const hidden: Partial<Record<Name, Json>> = {}
  for (const name of names) {
    const value = of[name]
    if (value !== undefined) hidden[name] = hiddenValue(value)
  }
  return { ...of, ...hidden }
}

/**
 * Texts that sentences can contain without quotes: the keys, and the values of rows except plain
 * words.
 */
function textsOf(explanation: Explanation, hiding: Hiding): Map<string, string> {
  const hidden = new Map<string, string>()
  const add = (text: string, instead: string) => {
    for (const written of [text, printable(text)]) hidden.set(written, instead)
  }
  const visit = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) {
        if (name !== ROW_FILE && name !== ROW_LINE) visit(member)
      }
    else if (typeof value === 'number' && String(value).length > 2) add(String(value), HIDDEN)
    else if (typeof value === 'string' && value.length > 2 && !/^[a-z]+$/.test(value) && !SECRET_WORD.test(value))
      add(value, HIDDEN)
  }
  for (const { columns } of explanation.records) visit(columns)
  const { kind, key, mergedKeys, references, dependents, records } = explanation
  const own = [...(key === null ? [] : [key]), ...mergedKeys].map((one) => `${kind}:${one}`)
  const yielded = records.flatMap(({ rules }) =>
    rules.flatMap(({ items }) => items.flatMap((item) => item.yields ?? [])),
  )
  const others = [...references, ...dependents.flatMap(({ shown }) => shown)].map((one) => one.address)
  for (const address of [...own, ...yielded, ...others]) {
    const colon = address.indexOf(':')
    const [ofKind, ofKey] = [address.slice(0, colon), address.slice(colon + 1)]
    const instead = hiding.key(ofKind, ofKey)
    if (instead === ofKey) continue
    add(ofKey, instead)
    const at = ofKey.lastIndexOf('@')
    if (at > 0) add(ofKey.slice(0, at), hiding.key('user', ofKey.slice(0, at)))
  }
  // Longest first: the key of a membership contains that of its user.
  return new Map([...hidden].sort(([a], [b]) => b.length - a.length))
}
