import { lookalikeForm } from '../addresses.ts'
import { canonicalJson, type Json, type JsonObject } from '../json.ts'
import type { DraftDefinition, Normalised, NormaliseResult, ValueProblem } from '../kinds/draft.ts'
import { type Draft, identityOf } from '../rundb/drafts.ts'
import type { CompiledRule, KindRule } from './compile.ts'
import { concealed, concealing } from './conceal.ts'
import { noteNames } from './derived-names.ts'
import { confusableSources, FieldFailure, type Folding, fieldsOf, foldingOf, originOf, rejection } from './evaluate.ts'
import { FieldMemory } from './field-memory.ts'
import { addOwn, implicitRef, type OwnResources, ownOf } from './implicit-refs.ts'
import { ItemMemory, membersRead } from './item-memory.ts'
import { rankUser } from './rank-user.ts'
import { unmappedRoles } from './result.ts'
import type { RuleMapper, Work } from './rule-mapper.ts'
import { addressFor, keyOfTelling, type TellingFields, tellingFields } from './telling-fields.ts'

/** Resources that fill in references which a rule does not map. */
interface Implicit {
  missing: ValueProblem | undefined
  /** The condition that leaves the referenced resource out. */
  leftOutBy: string | undefined
  /** The fields that were filled in. */
  filled: ReadonlySet<string>
}

const NOTHING_FILLED: Implicit = { missing: undefined, leftOutBy: undefined, filled: new Set() }

/** Checked and normalized fields, with their canonical JSON. */
interface Made {
  ok: true
  value: Normalised
  attributes: string
  secrets: string | null
  /** See `Draft.identity`. Undefined: its fields do not repeat. */
  identity?: string
}

type Refused = Extract<NormaliseResult, { ok: false }>

/** Remembered results for things that repeat in the source. */
interface Memory {
  fields: FieldMemory<Made>
  /** Undefined: the result depends on more than the texts of an item. */
  items: ItemMemory<Made> | undefined
}

/** Of the rules of this worker. */
const MEMORIES = new WeakMap<CompiledRule, Memory>()

/** @param open references that the rule does not map */
function memoryOf(rule: CompiledRule, open: readonly string[]): Memory {
  const known = MEMORIES.get(rule)
  if (known !== undefined) return known
  const members = open.length === 0 && foldingOf(rule).length === 0 ? membersRead(rule) : undefined
  const memory = {
    fields: new FieldMemory<Made>([...new Set(rule.fields.map(({ name }) => name)), ...open]),
    items: members && new ItemMemory<Made>(members),
  }
  MEMORIES.set(rule, memory)
  return memory
}

/** Maps the items of a rule for resources of a kind. */
export class KindMapper implements RuleMapper {
  readonly rule: CompiledRule
  readonly #definition: DraftDefinition
  readonly #work: Work
  /** References that the rule does not map, with their kinds. */
  readonly #open: ReadonlyMap<string, string>
  /** Sets of filled-in fields, by their names. */
  readonly #sets = new Map<string, ReadonlySet<string>>()
  readonly #folding: readonly Folding[]
  /** Undefined for what rarely repeats, such as a membership, and for what has secrets. */
  readonly #memory: Memory | undefined

  constructor({ rule, definition }: KindRule, work: Work) {
    this.rule = rule
    this.#definition = definition
    this.#work = work
    const mapped = new Set(rule.fields.map(({ name }) => name))
    this.#open = new Map(Object.entries(definition.refs).filter(([field]) => !mapped.has(field)))
    this.#folding = foldingOf(rule)
    const repeats = definition.secretInputs === undefined && definition.keyFromRefs === undefined
    this.#memory = repeats ? memoryOf(rule, [...this.#open.keys()]) : undefined
  }

  map(item: Json): void {
    // A watcher needs to see each evaluation.
    const items = this.#work.watch === undefined ? this.#memory?.items : undefined
    const read = items?.textsOf(item)
    const known = read === undefined ? undefined : items?.get(read)
    const made = known ?? this.#evaluate(item)
    if (made === undefined) return
    if (known === undefined && read !== undefined && made.identity !== undefined) items?.set(read, made)
    this.#accept(item, made)
  }

  /** The result of the expressions for an item. Undefined: it is left out or rejected. */
  #evaluate(item: Json): Made | undefined {
    const { record, mapping, result } = this.#work
    const { name: kind } = this.#definition
    const fields = fieldsOf(this.rule, item, this.#work)
    const { missing, leftOutBy, filled } = this.#open.size === 0 ? NOTHING_FILLED : this.#fillIn(fields)
    if (leftOutBy !== undefined) {
      this.#leaveOutWith(item, fields, leftOutBy)
      return undefined
    }
    if (this.rule.derives) {
      const { stream, seq } = record
      const naming = { result, roles: mapping.settings.roles, stream, seq, origin: originOf(record, item) }
      noteNames(kind, this.rule, fields, naming)
    }
    if (missing !== undefined) {
      const refs = this.#refsIn(fields)
      this.#reject(item, [missing], this.#keyOf(refs), refs, fields)
      return undefined
    }
    const made = this.#make(fields, filled)
    const confusable = confusableSources(this.#folding, item, record.data)
    if (!made.ok || confusable.length > 0) {
      const key = made.ok ? made.value.key : made.key
      const problems = made.ok ? confusable : withSources(made.problems, confusable)
      this.#reject(item, problems, key, this.#refsIn(fields), fields)
      return undefined
    }
    return made
  }

  #accept(item: Json, made: Made): void {
    const { record, result, speech, watch } = this.#work
    const { name: kind } = this.#definition
    const { value } = made
    result.drafts.push(this.#draftOf(item, made))
    const note = ({ code, detail }: { code: string; detail: string }) => {
      result.notes.push({ seq: record.seq, kind, key: value.key, code, detail })
    }
    value.notes.forEach(note)
    speech.take().forEach(note)
    addOwn(this.#own(), value.key, value.refs)
    watch?.({ rule: this.rule.kind, kind, item, ok: true, value })
  }

  leaveOut(item: Json): void {
    const path = `map.${this.rule.kind}.when`
    const key = this.#itemKey(item)
    if (key !== undefined) this.#work.result.leftOutKeys.push({ kind: this.#definition.name, key, path })
    this.#noteLeftOut(key, path)
  }

  reject(item: Json, problems: readonly ValueProblem[], isItem: boolean): void {
    const telling = isItem
      ? tellingFields(this.rule, item, problems[0]?.field, this.#work)
      : { fields: {}, complete: false }
    const { fields } = telling
    if (isItem && this.#open.size > 0) this.#fillIn(fields)
    const refs = this.#refsIn(fields)
    const key = this.#definition.keyFromRefs === undefined ? this.#keyTold(telling) : this.#keyOf(refs)
    this.#reject(item, problems, key, refs, fields)
  }

  #keyTold(telling: TellingFields): string | null {
    return keyOfTelling(telling, this.#definition, this.#work)
  }

  #reject(
    item: Json,
    problems: readonly ValueProblem[],
    key: string | null,
    refs: Record<string, string>,
    fields: JsonObject,
  ): void {
    const { record, result, speech, watch } = this.#work
    speech.forget()
    const { name: kind, secretInputs = [] } = this.#definition
    const email = addressFor(kind, fields, this.#work)
    const shown = concealed(problems, secretInputs, concealing(this.rule.secretNames, record.data, item))
    const rejected = {
      ...rejection(record, item, kind, key, shown, refs),
      ...(email !== undefined && { email }),
    }
    this.#own().rejected ??= rejected
    result.rejects.push(rejected)
    result.notes.push(...unmappedRoles(rejected, shown))
    watch?.({ rule: this.rule.kind, kind, item, ok: false, rejected })
  }

  #own(): OwnResources {
    return ownOf(this.#work.own, this.#definition.name)
  }

  /** If only one is left out, its key is reported. */
  #noteLeftOut(key: string | undefined, path: string): void {
    const resources = this.#own()
    resources.leftOut = { path, ...(resources.leftOut === undefined && key !== undefined && { key }) }
  }

  /** An item that is left out because of what it refers to. */
  #leaveOutWith(item: Json, fields: JsonObject, path: string): void {
    const { record, result } = this.#work
    const refs = this.#refsIn(fields)
    const key = this.#keyOf(refs)
    result.leftOutItems.push({ kind: this.#definition.name, key, path, refs, origin: originOf(record, item) })
    this.#noteLeftOut(key ?? undefined, path)
  }

  /**
   * Fills in unmapped references with the record's own resource, or with its references: a member
   * of the record's own group belongs to that group's organization.
   */
  #fillIn(fields: JsonObject): Implicit {
    const { own } = this.#work
    const names: string[] = []
    let missing: ValueProblem | undefined
    let leftOutBy: string | undefined
    for (const [field, kind] of this.#open) {
      if (names.includes(field) || !this.#definition.mapped.includes(field)) continue
      const found = implicitRef(kind, own.get(kind))
      if (!found.ok) {
        // This shows that the dependents of something rejected are in the source.
        if (found.key !== undefined) fields[field] = found.key
        if ('leftOutBy' in found) leftOutBy ??= found.leftOutBy
        else missing ??= { code: found.code, field, message: found.message, hint: found.hint }
        continue
      }
      fields[field] = found.key
      names.push(field)
      for (const name in found.refs) {
        const key = found.refs[name]
        if (key === undefined || names.includes(name) || !this.#open.has(name)) continue
        fields[name] = key
        names.push(name)
      }
    }
    return { missing, leftOutBy, filled: this.#setOf(names) }
  }

  /** The names as a set, shared by all occurrences. */
  #setOf(names: readonly string[]): ReadonlySet<string> {
    const text = names.length === 1 ? (names[0] ?? '') : names.join()
    let set = this.#sets.get(text)
    if (set === undefined) {
      set = new Set(names)
      this.#sets.set(text, set)
    }
    return set
  }

  #refsIn(fields: JsonObject): Record<string, string> {
    const refs: Record<string, string> = {}
    for (const field of Object.keys(this.#definition.refs)) {
      const value = fields[field]
      if (typeof value === 'string' && value.trim() !== '') refs[field] = value.trim()
    }
    return refs
  }

  /** The key from the references, if all are known. */
  #keyOf(refs: Record<string, string>): string | null {
    const isWhole = Object.keys(this.#definition.refs).every((role) => role in refs)
    return isWhole ? (this.#definition.keyFromRefs?.(refs) ?? null) : null
  }

  #make(fields: JsonObject, filled: ReadonlySet<string>): Made | Refused {
    const memory = this.#memory?.fields
    const known = memory?.get(fields)
    if (known !== undefined) return known
    const copy = memory?.copyOf(fields)
    const normalised = this.#definition.normalise(copy ?? fields, this.#work.mapping.settings, filled)
    if (!normalised.ok) return normalised
    const { attributes, secrets } = normalised.value
    const made: Made = {
      ok: true,
      value: normalised.value,
      attributes: canonicalJson(attributes),
      secrets: secrets === null ? null : canonicalJson(secrets),
    }
    if (copy !== undefined) {
      const { key, refs } = made.value
      made.identity = identityOf({ kind: this.#definition.name, group: null, ...made, key, refs })
      memory?.set(copy, made)
    }
    return made
  }

  #draftOf(item: Json, { value, attributes, secrets, identity }: Made): Draft {
    const { record } = this.#work
    const { key, refs } = value
    const draft: Draft = {
      seq: record.seq,
      kind: this.#definition.name,
      key,
      group: null,
      refs,
      attributes,
      secrets,
      origin: originOf(record, item),
    }
    if (identity !== undefined) draft.identity = identity
    const rare = this.#definition.rareSecrets?.filter((name) => value.secrets?.[name] !== undefined)
    if (rare !== undefined && rare.length > 0) draft.traits = rare
    if (draft.kind === 'user') this.#tellApart(draft, item, value)
    return draft
  }

  /** Adds what identifies a user and ranks its records. */
  #tellApart(draft: Draft, item: Json, { key, attributes }: Normalised): void {
    const { record, mapping, evaluations } = this.#work
    const conceal = (text: string) => concealing(mapping.secretNames, record.data, item)(text)
    const { externalId, email } = attributes
    const lookalike = typeof email === 'string' ? lookalikeForm(email) : undefined
    const { group, rank, updatedAt } = rankUser(
      mapping.dedupe,
      { ...attributes, key },
      record.data,
      evaluations,
      conceal,
    )
    draft.group = group
    if (rank !== undefined) draft.rank = rank
    if (updatedAt !== undefined) draft.updatedAt = updatedAt
    if (typeof externalId === 'string' && externalId !== key) draft.externalId = externalId
    if (lookalike !== undefined) draft.lookalike = lookalike
  }

  /**
   * The key of an item that `when` leaves out, so that its dependents can be left out too.
   * Undefined: it cannot be computed, or nothing refers to this kind.
   */
  #itemKey(item: Json): string | undefined {
    const { mapping } = this.#work
    const names = KEY_FIELDS[this.#definition.name]
    if (names === undefined) return undefined
    const fields = this.rule.fields.filter(({ name }) => names.includes(name))
    try {
      const values = fieldsOf({ ...this.rule, fields }, item, this.#work)
      const normalised = this.#definition.normalise(values, mapping.settings)
      return (normalised.ok ? normalised.value.key : normalised.key) ?? undefined
    } catch (error) {
      if (error instanceof FieldFailure) return undefined
      throw error
    }
  }
}

/** Both, unless they are about the same address. */
function withSources(problems: readonly ValueProblem[], confusable: readonly ValueProblem[]): ValueProblem[] {
  const known = new Set(problems.map(({ code }) => code))
  return [...problems, ...confusable.filter(({ code }) => !known.has(code))]
}

/** The fields of a key, for kinds that other records refer to. */
const KEY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  user: ['key', 'externalId', 'email'],
  organization: ['key', 'id', 'externalId', 'name'],
  group: ['key', 'name', 'organization'],
}
