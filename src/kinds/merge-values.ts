import type { MergeRule } from '../config/manifest.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../json.ts'

/** What `concat` puts between texts. */
const BETWEEN = ', '

/**
 * A value, the index of its record, the time of its last change, and how many equal records it
 * represents.
 */
export interface Held<T extends Json = Json> {
  draft: number
  value: T
  updatedAt: number | null
  records: number
}

/** A value that was not taken, and the value taken in its place, with its record. */
export interface Lost {
  draft: number
  value: Json
  from: number
  kept: Json
  /** The member, if the value is an object. */
  member?: string
  /** The rule that decided, if it is not the rule of the whole field. */
  rule?: MergeRule
}

export interface Taken {
  /** Undefined: no value. */
  value: Json | undefined
  lost: Lost[]
}

/** Whether a value is not empty. */
export function isFilled(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== ''
}

/** The value that a rule takes from several records, in their order. Undefined: there is none. */
export function takeValue(held: readonly Held[], rule: MergeRule): Taken | undefined {
  const values = held.map(({ value }) => value)
  if (held.length === 0) return undefined
  if (rule === 'union' && values.every((value) => Array.isArray(value))) {
    return { value: [...new Map(values.flat().map((item) => [canonicalJson(item), item])).values()], lost: [] }
  }
  if (rule === 'concat' && values.every((value) => typeof value === 'string')) {
    return { value: [...new Set(values)].join(BETWEEN), lost: [] }
  }
  const kept = chosen(held, rule)
  if (kept === undefined) return undefined
  return { value: kept.value, lost: losers(held, kept) }
}

/**
 * Merges objects member by member, each by its own rule if it has one. Undefined: the field
 * contains no objects, or one is taken whole.
 */
export function takeMembers(
  held: readonly Held[],
  rule: MergeRule,
  rules: ReadonlyMap<string, MergeRule>,
): Taken | undefined {
  if (held.length === 0 || !held.every(isHeldObject)) return undefined
  if (rule !== 'union' && rules.size === 0) return undefined
  const base = rule === 'union' ? undefined : takeValue(held, rule)
  const merged: JsonObject = Object.create(null)
  const lost: Lost[] = (base?.lost ?? []).flatMap((whole) => withoutMembers(whole, rules))
  if (isObject(base?.value)) Object.assign(merged, base.value)
  for (const member of base === undefined ? namesIn(held) : rules.keys()) {
    const memberRule = rules.get(member) ?? 'first'
    const of = held.flatMap(({ draft, value, updatedAt, records }): Held[] => {
      const item = Object.hasOwn(value, member) ? value[member] : undefined
      return item === undefined ? [] : [{ draft, value: item, updatedAt, records }]
    })
    const taken = takeValue(of, memberRule)
    if (taken?.value === undefined) continue
    merged[member] = taken.value
    const said = rules.has(member) ? { rule: memberRule } : {}
    lost.push(...taken.lost.map((item) => ({ ...item, member, ...said })))
  }
  return { value: merged, lost }
}

/** Among equals the earlier record wins: only the order of the records decides. */
function chosen(held: readonly Held[], rule: MergeRule): Held | undefined {
  switch (rule) {
    case 'last':
      return held.at(-1)
    case 'most':
      return mostFrequent(held)
    case 'newest':
      return best(held, ({ updatedAt }) => updatedAt ?? Number.NEGATIVE_INFINITY)
    case 'longest':
      return best(held, ({ value }) => (typeof value === 'string' ? [...value].length : 0))
    case 'any':
      return held.find(({ value }) => value === true) ?? held[0]
    case 'all':
      return held.find(({ value }) => value === false) ?? held[0]
    default:
      return held[0]
  }
}

/**
 * The most frequent value. Among equally frequent ones, the least by the code points of its JSON
 * text: the order of records does not matter.
 */
function mostFrequent(held: readonly Held[]): Held | undefined {
  const counts = new Map<string, number>()
  for (const { value, records } of held) {
    const text = canonicalJson(value)
    counts.set(text, (counts.get(text) ?? 0) + records)
  }
  // UTF-8 sorts like code points; JavaScript sorts by UTF-16 units.
  const [most] = [...counts].sort(
    ([one, m], [other, n]) => n - m || Buffer.compare(Buffer.from(one), Buffer.from(other)),
  )
  return held.find(({ value }) => canonicalJson(value) === most?.[0])
}

function best(held: readonly Held[], measure: (item: Held) => number): Held | undefined {
  let found = held[0]
  for (const item of held) if (found === undefined || measure(item) > measure(found)) found = item
  return found
}

function losers(held: readonly Held[], kept: Held): Lost[] {
  const text = canonicalJson(kept.value)
  return held
    .filter(({ value }) => canonicalJson(value) !== text)
    .map(({ draft, value }) => ({ draft, value, from: kept.draft, kept: kept.value }))
}

/**
 * An object that was not taken, without the members that have their own rule. Empty: nothing else
 * differs.
 */
function withoutMembers(lost: Lost, rules: ReadonlyMap<string, MergeRule>): Lost[] {
  const [value, kept] = [without(lost.value, rules), without(lost.kept, rules)]
  return canonicalJson(value) === canonicalJson(kept) ? [] : [{ ...lost, value, kept }]
}

function without(value: Json, names: ReadonlyMap<string, MergeRule>): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)))
}

function isHeldObject(held: Held): held is Held<JsonObject> {
  return isObject(held.value)
}

function namesIn(held: readonly Held<JsonObject>[]): Set<string> {
  return new Set(held.flatMap(({ value }) => Object.keys(value)))
}
