import { isObject, type Json, type JsonObject } from '../json.ts'
import type { FieldDefinition } from '../kinds/draft.ts'
import type { Fallback, KindDefinition } from '../kinds/kind.ts'
import type { Attributes, Changes, DesiredResource, LiveResource, RefIds } from '../resource.ts'
import { sameMembers, sameValue } from './field-differences.ts'

/** A field, or a member of one, that the response contradicts. */
export interface AnswerDifference {
  field: string
  /** Of a `map` field: the member. */
  member?: string
  sent: Json
  answered: Json
}

/**
 * How a response differs from what was sent. The order of a set, the case of addresses and what
 * `sameValue` ignores do not count. Fields missing in the response, secrets, and metadata members
 * that were not sent are not compared.
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

/** A field of an active resource in addition to the managed ones. */
const VALUE: Rule = { compare: 'value' }

function same({ compare, caseless }: Rule, sent: Json, told: Json): boolean {
  if (compare !== 'set') return sameValue(sent, told, caseless)
  return sameMembers(Array.isArray(sent) ? sent : [], Array.isArray(told) ? told : [], caseless)
}

/** Whether WorkOS has all of these values, as far as they can be read: secrets cannot. */
export function holdsAll(definition: KindDefinition, sent: Changes, live: Attributes): boolean {
  const readable = Object.keys(sent).every((field) => definition.fields[field]?.secret !== true && field in live)
  return readable && compareAnswer(definition, sent, live).length === 0
}

/**
 * Describes the resource of a response if it is not the one that was sent: another address, other
 * references, another slug, or an external ID that was not sent. Undefined: it is the same one. A
 * name is a value that WorkOS can change; a kind without other identifiers is compared by the rest
 * of its identity.
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
  return `external ID ${live.externalId}`
}

/** Differences in the form of the state, next to what was sent. Undefined: there are none. */
export function besides(differences: readonly AnswerDifference[]): Attributes | undefined {
  if (differences.length === 0) return undefined
  const answered: Attributes = {}
  for (const { field, member, answered: value } of differences) {
    if (member === undefined) answered[field] = value
    else answered[field] = { ...(isObject(answered[field]) ? (answered[field] as Attributes) : {}), [member]: value }
  }
  return answered
}

/** What was sent for the fields, and members of fields, that an earlier response contradicted. */
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

/** The sent fields of a create that a response can contradict. */
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
 * The differences after an update: of what was sent now, and earlier ones that this response does
 * not correct.
 * @param before what the state had; from now on it has the values of the source
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

/** The watched fields, and members of fields, that were not sent now. */
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

/** Merges several responses: for a separate field the last one counts. */
export function joinAnswers({ fields }: KindDefinition, answers: readonly Attributes[]): Attributes {
  const last = answers.at(-1) ?? {}
  const first = Object.entries(answers[0] ?? {}).filter(([field]) => answers.length === 1 || !fields[field]?.separate)
  return { ...last, ...Object.fromEntries(first) }
}

/** The attributes of a created resource: what was sent, and what WorkOS set in addition. */
export function appliedAttributes(definition: KindDefinition, sent: Attributes, live: LiveResource): Attributes {
  const attributes = { ...sent }
  for (const [field, { assigned }] of Object.entries(definition.fields)) {
    const given = live.attributes[field]
    if (assigned && attributes[field] === undefined && given !== undefined) attributes[field] = given
  }
  return attributes
}

/** `roles: sent admin, member; returned member` for each difference. */
export function describeAnswer(differences: readonly AnswerDifference[]): string {
  return differences
    .map(({ field, member, sent, answered }) => {
      const name = member === undefined ? field : `${field}.${member}`
      return `${name}: sent ${text(sent)}; returned ${text(answered)}`
    })
    .join(', and ')
}

/** The longest value that a message shows whole, in characters. */
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
