import type { JsonObject } from '../json.ts'
import type { PathInspection } from './inspection.ts'
import { holdsTime, type LockedOut, lockedOutBy } from './locked-out.ts'
import { bestNamed, type Meaning, rankOf } from './names.ts'
import type { Side } from './side-files.ts'
import { sideRules } from './side-mapping.ts'

/** A mapping for a file of no known origin, as far as names and values tell. */
export interface MappingProposal {
  user: Record<string, string | Record<string, string>>
  organization?: JsonObject
  membership?: JsonObject
  roleAssignment?: JsonObject
  role?: JsonObject
  /** What nothing was found for, by field: why it matters. */
  missing: { field: string; why: string }[]
  /**
   * Columns that say who may not sign in: the condition of `user` and of the others goes by them.
   */
  lockedOut: LockedOut[]
  /** Paths that no field was found for. */
  unplaced: string[]
}

export interface ProposeOptions {
  /** The day of the look, `2026-11-29`: who is locked beyond it is locked out. */
  today: string
  /** False: people come along who may not sign in. Default: they are left out. */
  leaveOut?: boolean
  /** A condition on every record, where the file holds others beside users. */
  only?: string
  /** What lies beside the file of the users. */
  sides?: readonly Side[]
  /** Whether `paths` are of all records. Default: they are. */
  whole?: boolean
  /**
   * Something else says which organizations there are. Default: the records and the files beside
   * them.
   */
  organized?: boolean
}

/** Proposes a mapping of the records of one stream. */
export function proposeMapping(
  paths: readonly PathInspection[],
  { today, leaveOut = true, only, sides = [], organized = false, whole = true }: ProposeOptions,
): MappingProposal {
  const finder = new Finder(paths)
  const missing: MappingProposal['missing'] = []
  const lockedOut = lockedOutBy(paths, today, whole)
  const conditions = [...(only === undefined ? [] : [only]), ...(leaveOut ? lockedOut.map((by) => by.condition) : [])]
  const user: MappingProposal['user'] = conditions.length === 0 ? {} : { when: conditions.join(' and ') }
  const email = finder.take('email') ?? finder.takeByType('e-mail')
  const id = finder.takeId()
  const key = keyOf(id, email)
  if (key !== undefined) user.key = key
  else missing.push({ field: 'key', why: 'what tells one user from another and stays the same' })
  if (id !== undefined) user.externalId = id.expression
  if (email !== undefined) user.email = email
  else missing.push({ field: 'email', why: 'WorkOS identifies users by e-mail' })
  addVerified(finder, user)
  addNames(finder, user)
  addPassword(finder, user)
  const totp = finder.take('totp', holdsSecrets) ?? encryptedTotp(finder)
  if (totp !== undefined) user.totpSecret = totp
  const phone = finder.take('phone')
  if (phone !== undefined) user.metadata = { phone }
  const { user: beside, ...rules } = sideRules(sides, email ?? '', conditions)
  addBeside(user, beside)
  for (const [field, why] of WANTED) if (user[field] === undefined) missing.push({ field, why })
  const own = organized || rules.membership !== undefined ? {} : belonging(finder, conditions)
  const both = organized ? {} : belongingByBoth(finder, sides, rules)
  const belongs = { ...own, ...rules, ...both }
  if (belongs.membership === undefined && !organized) delete belongs.roleAssignment
  const capabilities = sides.some(({ part, columns }) => part === 'details' && columns.role !== undefined)
  if (belongs.roleAssignment === undefined && capabilities) delete belongs.role
  const decided = new Set(leaveOut ? lockedOut.map(({ path }) => path) : [])
  const unplaced = finder.rest().flatMap((path) => (decided.has(path) ? [] : [noted(path)]))
  if (capabilities && belongs.roleAssignment === undefined) {
    unplaced.push('the roles in details (a role holds in an organization: --organize one makes one for everybody)')
  }
  return { user, ...belongs, missing, lockedOut, unplaced }
}

/** What is to be known of a path that nothing is made of. */
function noted(path: string): string {
  if (path !== 'fields.groups[]') return path
  return `${path} (groups by number, which are no roles here: for roles put auth_user_groups and auth_group as CSV beside the file)`
}

/** Who has no id goes by the address, as others know it. */
function keyOf(id: FoundId | undefined, email: string | undefined): string | undefined {
  if (id === undefined) return email
  return id.whole || email === undefined ? id.expression : `${id.expression} ? ${id.expression} : $email(${email})`
}

/** What a user goes without where nothing was found for it. */
const WANTED = [
  ['emailVerified', 'without it every address counts as not verified'],
  ['passwordHash', 'no hash was recognised: without one, users reset their password'],
] as const

/** What a file beside the users says comes first; a name it does not have is that of the record. */
function addBeside(user: MappingProposal['user'], beside: Record<string, string>): void {
  for (const [field, expression] of Object.entries(beside)) {
    const own = user[field]
    const isName = field === 'firstName' || field === 'lastName'
    user[field] = isName && typeof own === 'string' ? `${expression} ? ${expression} : ${own}` : expression
  }
}

function addVerified(finder: Finder, user: MappingProposal['user']): void {
  const found = finder.takePath('verified') ?? finder.takePath('verifiedAt')
  if (found !== undefined) user.emailVerified = verifiedBy(found)
}

/**
 * A flag, or the time at which the address was verified. A text like NULL is neither, wherever it
 * turns up.
 */
function verifiedBy({ expression, path, types, values = [] }: Found): string {
  const isTime = types.some(({ type }) => type === 'time') || rankOf(path, 'verifiedAt') !== undefined
  if (isTime) return `${holdsTime(expression)} = true`
  const isPlain =
    types.every(({ type }) => /^(boolean|yes\/no|number|null|empty)$/.test(type)) &&
    values.every(({ value }) => /^(true|false|yes|no|y|n|1|0)$/i.test(value))
  return isPlain ? expression : `$tryBool(${expression}) = true`
}

function addNames(finder: Finder, user: MappingProposal['user']): void {
  const [first, last] = [finder.takePath('firstName'), finder.takePath('lastName')]
  const isPartial = (found: Found | undefined) => found === undefined || found.filled < found.of
  const name = isPartial(first) || isPartial(last) ? finder.take('name') : undefined
  const firstName = named(first, name, 'first')
  const lastName = named(last, name, 'last')
  if (firstName !== undefined) user.firstName = firstName
  if (lastName !== undefined) user.lastName = lastName
}

/** Where some records have a part of the name and others the full one alone, either is taken. */
function named(own: Found | undefined, name: string | undefined, part: 'first' | 'last'): string | undefined {
  const split = name === undefined ? undefined : `$splitName(${name}).${part}`
  if (own === undefined) return split
  if (split === undefined || own.filled === own.of) return own.expression
  return `${own.expression} ? ${own.expression} : ${split}`
}

function addPassword(finder: Finder, user: MappingProposal['user']): void {
  const hash = finder.take('hash', holdsHashes) ?? finder.takeByType('password hash')
  const hasher = finder.take('hasher')
  if (hash !== undefined && hasher !== undefined) {
    user.passwordHash = hash
    user.passwordHashType = hasher
  } else if (hash !== undefined) user.passwordHash = `$passwordHash(${hash})`
}

function holdsHashes({ types }: PathInspection): boolean {
  return types.some(({ type }) => type === 'password hash')
}

/** Who has such a secret is listed in the plan: the person enrols again. */
function encryptedTotp(finder: Finder): string | undefined {
  const found = finder.take('totp', ({ secret }) => secret)
  return found === undefined ? undefined : `${found} ? { 'unsupported': 'encrypted secret' }`
}

/** Secrets that a program has encrypted are of no use: only those in the clear can be mapped. */
function holdsSecrets({ types }: PathInspection): boolean {
  return types.some(({ type }) => type === 'TOTP secret')
}

function belonging(finder: Finder, conditions: readonly string[]): Belonging {
  const id = finder.take('organizationId')
  const name = finder.take('organizationName')
  const key = id ?? (name === undefined ? undefined : `'name:' & ${name}`)
  const told = id ?? name
  if (key === undefined || told === undefined) return {}
  const role = finder.take('role')
  const when = [`$exists(${told})`, ...conditions].join(' and ')
  return {
    organization: { when, key, ...(id === undefined ? {} : { externalId: id }), name: name ?? id ?? '' },
    membership: { when, organization: key, ...(role === undefined ? {} : { roles: role }) },
  }
}

type Belonging = Pick<MappingProposal, 'organization' | 'membership'>

/**
 * Where the records name organizations in the same column as the file of memberships, a membership
 * in either counts.
 */
function belongingByBoth(finder: Finder, sides: readonly Side[], { organization, membership }: Belonging): Belonging {
  const columns = sides.find(({ part }) => part === 'memberships')?.columns
  const told = columns?.organizationId ?? columns?.organizationName
  if (columns === undefined || told === undefined || membership === undefined) return {}
  const meaning = columns.organizationId === undefined ? 'organizationName' : 'organizationId'
  if (!finder.takeColumn(meaning, told)) return {}
  const each = `[$[$exists(${told})], memberships]`
  const either = (own: string | undefined, beside: string | undefined) =>
    own === undefined || own === beside ? beside : beside === undefined ? own : `${own} ? ${own} : ${beside}`
  const name = either(finder.take('organizationName'), columns.organizationName)
  const roles = either(finder.take('role'), columns.role)
  return {
    ...(organization && {
      organization: { ...organization, ...(organization.from === undefined && { each, name: name ?? told }) },
    }),
    membership: { ...membership, each, ...(roles !== undefined && { roles }) },
  }
}

interface FoundId {
  expression: string
  /** Every record has one. */
  whole: boolean
}

type Found = Omit<PathInspection, 'expression'> & { expression: string }

/** Addresses that are not the one by which somebody signs in. */
const OTHER_ADDRESS =
  /(unconfirmed|new|pending|old|previous|backup|recovery|secondary|normali[sz]ed|billing|manager|parent|invited|contact person)/i

/** Hands out paths, each once. */
class Finder {
  readonly #free: PathInspection[]

  constructor(paths: readonly PathInspection[]) {
    this.#free = paths.filter(({ filled }) => filled > 0)
  }

  take(meaning: Meaning, fits?: (path: PathInspection) => boolean): string | undefined {
    return this.takePath(meaning, fits)?.expression
  }

  /** The path that is named for it, the one nearest to the top first. */
  takePath(meaning: Meaning, fits: (path: PathInspection) => boolean = () => true): Found | undefined {
    return this.#hand(bestNamed(this.#free.filter(fits), meaning))
  }

  /** Whether the path that is named for it is this one. It is handed out then. */
  takeColumn(meaning: Meaning, expression: string): boolean {
    const isThis = bestNamed(this.#free, meaning)?.expression === expression
    return isThis && this.take(meaning) !== undefined
  }

  /** What tells people apart: rather what every record has. */
  takeId(): FoundId | undefined {
    const whole = this.takePath('id', ({ filled, of }) => filled === of)
    const found = whole ?? this.takePath('id')
    return found === undefined ? undefined : { expression: found.expression, whole: found === whole }
  }

  /** The path that holds mostly values of this type. */
  takeByType(type: string): string | undefined {
    const mostly = this.#free.filter(
      (path) => path.types.find((one) => !/^(null|empty)$/.test(one.type))?.type === type,
    )
    return this.#hand(mostly.find(({ path }) => !OTHER_ADDRESS.test(path)))?.expression
  }

  rest(): string[] {
    return this.#free.map(({ path }) => path)
  }

  #hand(path: PathInspection | undefined): Found | undefined {
    if (path === undefined || path.expression === null) return undefined
    this.#free.splice(this.#free.indexOf(path), 1)
    return { ...path, expression: path.expression }
  }
}
