import { isObject, type Json, type JsonObject } from '../json.ts'
import type { FieldDefinition } from '../kinds/draft.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { sameMembers, sameValue } from './field-differences.ts'

/** A field, or a member of one, that WorkOS answered otherwise than it was sent. */
export interface AnswerDifference {
  field: string
  /** Of a `map` field: the member. */
  member?: string
  sent: Json
  answered: Json
}

/**
 * What an answer tells otherwise than it was sent. The order of a set, the case of addresses and
 * what `sameValue` overlooks are habits of servers and no difference. A field that the answer does
 * not tell, a secret, and a member of metadata that was not sent are not judged.
 */
export function compareAnswer(
  { fields, inForce = {} }: Pick<KindDefinition, 'fields' | 'inForce'>,
  sent: Changes,
  answered: Attributes,
): AnswerDifference[] {
  const differences: AnswerDifference[] = []
  for (const [field, value] of Object.entries(sent)) {
    const rule = fields[field] ?? (field in inForce ? VALUE : undefined)
    const told = answered[field]
    if (rule === undefined || rule.secret || told === undefined) continue
    if (rule.compare === 'map' && isObject(value)) {
      const members = new Map<string, Json>(isObject(told) ? Object.entries(told as Attributes) : [])
      for (const [member, wanted] of Object.entries(value as Attributes)) {
        const held = members.get(member) ?? null
        if (!sameValue(wanted, held)) differences.push({ field, member, sent: wanted, answered: held })
      }
    } else if (!same(rule, value, told)) differences.push({ field, sent: value, answered: told })
  }
  return differences
}

type Rule = Pick<FieldDefinition, 'compare' | 'secret' | 'caseless'>

/** A field that is in force besides the managed ones. */
const VALUE: Rule = { compare: 'value' }

function same({ compare, caseless }: Rule, sent: Json, told: Json): boolean {
  if (compare !== 'set') return sameValue(sent, told, caseless)
  return sameMembers(Array.isArray(sent) ? sent : [], Array.isArray(told) ? told : [], caseless)
}

/**
 * Whether WorkOS holds everything of this, as far as it can be read back: of a secret nobody knows.
 */
export function holdsAll(definition: KindDefinition, sent: Changes, live: Attributes): boolean {
  const readable = Object.keys(sent).every((field) => definition.fields[field]?.secret !== true && field in live)
  return readable && compareAnswer(definition, sent, live).length === 0
}

/**
 * Who an answer is about, where that is not the resource which was sent: another address, other
 * references, another slug, or an external id that was not sent. Undefined: it is that one. A name
 * is a value, that WorkOS may change; of what has nothing else, the rest of its identity counts.
 */
export function otherIdentity(
  definition: Pick<KindDefinition, 'naturalKey' | 'fields'>,
  desired: DesiredResource,
  live: LiveResource,
  refIds: RefIds,
): string | undefined {
  const { name } = live.attributes
  const attributes = name === undefined ? desired.attributes : { ...desired.attributes, name }
  const natural = definition.naturalKey({ ...desired, attributes }, refIds)
  if (natural !== null && live.naturalKey !== null && !sameValue(natural, live.naturalKey)) return live.naturalKey
  const { externalId = null } = desired.attributes
  if (live.externalId === null || sameValue(externalId, live.externalId)) return undefined
  return `external id ${live.externalId}`
}

/** Differences as the state keeps them beside what was sent; undefined: there are none. */
export function besides(differences: readonly AnswerDifference[]): Attributes | undefined {
  if (differences.length === 0) return undefined
  const answered: Attributes = {}
  for (const { field, member, answered: value } of differences) {
    if (member === undefined) answered[field] = value
    else answered[field] = { ...(isObject(answered[field]) ? (answered[field] as Attributes) : {}), [member]: value }
  }
  return answered
}

/** What was sent once of the fields, and members of fields, that WorkOS answered otherwise then. */
export function sentBeside(answered: Attributes, base: Attributes): Changes {
  const sent: Changes = {}
  for (const [field, value] of Object.entries(answered)) {
    const before = base[field] ?? null
    if (!isObject(value)) sent[field] = before
    else {
      const members = new Map<string, Json>(isObject(before) ? Object.entries(before as Attributes) : [])
      sent[field] = Object.fromEntries(Object.keys(value).map((member) => [member, members.get(member) ?? null]))
    }
  }
  return sent
}

/** What a create sent, of what an answer can be compared with. */
export function createdDifferences(
  definition: KindDefinition,
  attributes: Attributes,
  live: LiveResource,
  reduced: Fallback | undefined,
): AnswerDifference[] {
  const sent = reduced?.attributes ?? definition.sent?.(attributes) ?? attributes
  return compareAnswer(definition, { ...definition.inForce, ...sent }, live.attributes)
}

/**
 * The differences that remain after an update: of what was sent now, and of what an earlier answer
 * told otherwise and this one does not tell right.
 * @param before what the state held, and holds of the source from now on
 */
export function updatedDifferences(
  definition: KindDefinition,
  sent: Changes,
  live: Attributes,
  before: { answered?: Attributes | undefined; attributes: Attributes } | undefined,
): AnswerDifference[] {
  const now = compareAnswer(definition, sent, live)
  if (before?.answered === undefined) return now
  const watched = withoutSent(sentBeside(before.answered, { ...definition.inForce, ...before.attributes }), sent)
  return [...now, ...compareAnswer(definition, watched, { ...before.answered, ...live })]
}

/** Of the watched fields, and members of fields, those that were not sent just now. */
function withoutSent(watched: Changes, sent: Changes): Changes {
  const rest: Changes = {}
  for (const [field, value] of Object.entries(watched)) {
    const now = sent[field]
    if (now === undefined) rest[field] = value
    else if (isMembers(value) && isMembers(now)) {
      rest[field] = Object.fromEntries(Object.entries(value).filter(([member]) => !Object.hasOwn(now, member)))
    }
  }
  return rest
}

function isMembers(value: Changes[string] | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Several answers as one: a separate field counts as the last one tells it. */
export function joinAnswers({ fields }: KindDefinition, answers: readonly Attributes[]): Attributes {
  const last = answers.at(-1) ?? {}
  const first = Object.entries(answers[0] ?? {}).filter(([field]) => answers.length === 1 || !fields[field]?.separate)
  return { ...last, ...Object.fromEntries(first) }
}

/**
 * The attributes of something just created: what was sent, and what WorkOS gave it where nothing
 * was.
 */
export function appliedAttributes(definition: KindDefinition, sent: Attributes, live: LiveResource): Attributes {
  const attributes = { ...sent }
  for (const [field, { assigned }] of Object.entries(definition.fields)) {
    const given = live.attributes[field]
    if (assigned && attributes[field] === undefined && given !== undefined) attributes[field] = given
  }
  return attributes
}

/** `roles: sent admin, member; answered member` for every difference. */
export function describeAnswer(differences: readonly AnswerDifference[]): string {
  return differences
    .map(({ field, member, sent, answered }) => {
      const name = member === undefined ? field : `${field}.${member}`
      return `${name}: sent ${text(sent)}; answered ${text(answered)}`
    })
    .join(', and ')
}

/** The longest value that a message shows whole. */
const SHOWN = 60

function text(value: Json): string {
  const written = Array.isArray(value)
    ? value.map(String).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
  if (value === null || written === '') return 'nothing'
  return written.length > SHOWN ? `${written.slice(0, SHOWN)}…` : written
}
