import type { JsonObject } from '../json.ts'
import type { PathInspection } from './inspection.ts'
import { holdsTime, type LockedOut, lockedOutBy } from './locked-out.ts'
import { bestNamed, type Meaning, rankOf } from './names.ts'
import type { Side } from './side-files.ts'
import { sideRules } from './side-mapping.ts'

/** A mapping for a file of unknown origin, based on names and values. */
export interface MappingProposal {
  user: Record<string, string | Record<string, string>>
  organization?: JsonObject
  membership?: JsonObject
  roleAssignment?: JsonObject
  role?: JsonObject
  /** Fields without a column, and why they matter. */
  missing: { field: string; why: string }[]
  /** Columns that show who cannot sign in. The `when` conditions use them. */
  lockedOut: LockedOut[]
  /** Paths that the mapping does not use. */
  unplaced: string[]
}

export interface ProposeOptions {
  /** The current day, `2026-11-29`. Users who are locked beyond it are locked out. */
  today: string
  /** Whether to exclude users who cannot sign in. Default: true. */
  leaveOut?: boolean
  /** A condition on every record, for files that also contain other records. */
  only?: string
  /** Files or tables that belong to the users. */
  sides?: readonly Side[]
  /** Whether `paths` cover all records. Default: true. */
  whole?: boolean
  /**
   * Whether organizations come from elsewhere. Default: from the records and the files next to
   * them.
   */
  organized?: boolean
}

export function proposeMapping(
  paths: readonly PathInspection[],
  { today, leaveOut = true, only, sides = [], organized = false, whole = true }: ProposeOptions,
): MappingProposal {
  const finder = new Finder(paths)
  const missing: MappingProposal['missing'] = []
  const lockedOut = lockedOutBy(paths, today, whole)
  const conditions = [...(only === undefined ? [] : [only]), ...(leaveOut ? lockedOut.map((by) => by.condition) : [])]
  const user: MappingProposal['user'] = conditions.length === 0 ? {} : { when: conditions.join(' and ') }
  const email = finder.take('email') ?? finder.takeByType('email')
  const id = finder.takeId()
  const key = keyOf(id, email)
  if (key !== undefined) user.key = key
  else missing.push({ field: 'key', why: 'a value that identifies each user and never changes' })
  if (id !== undefined) user.externalId = id.expression
  if (email !== undefined) user.email = email
  else missing.push({ field: 'email', why: 'WorkOS identifies users by email address' })
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
    unplaced.push('the roles in details (roles need an organization: --organize one creates one for all users)')
  }
  return { user, ...belongs, missing, lockedOut, unplaced }
}

/** A note for an unused path. */
function noted(path: string): string {
  if (path !== 'fields.groups[]') return path
  return `${path} (group numbers are not roles; to map roles, put auth_user_groups and auth_group as CSV next to the file)`
}

/** Users without an ID have their email address as the key. */
function keyOf(id: FoundId | undefined, email: string | undefined): string | undefined {
  if (id === undefined) return email
  return id.whole || email === undefined ? id.expression : `${id.expression} ? ${id.expression} : $email(${email})`
}

/** Recommended fields, and the effect if they are missing. */
const WANTED = [
  ['emailVerified', 'without it, no address counts as verified'],
  ['passwordHash', 'without a hash, users must reset their password'],
] as const

/** Values from a joined file take precedence. A name that it lacks comes from the record. */
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

/** Accepts a flag or a time of verification. A written NULL counts as not verified. */
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

/** Uses the part of the name if a record has it; otherwise splits the full name. */
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

/** The plan lists users with such a secret, because they must enroll again. */
function encryptedTotp(finder: Finder): string | undefined {
  const found = finder.take('totp', ({ secret }) => secret)
  return found === undefined ? undefined : `${found} ? { 'unsupported': 'encrypted secret' }`
}

/** Only secrets in plain text can be mapped, not encrypted ones. */
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
 * If records and the membership file name organizations in the same column, a membership in either
 * counts.
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
  /** Whether every record has one. */
  whole: boolean
}

type Found = Omit<PathInspection, 'expression'> & { expression: string }

/** Names of addresses that are not for signing in. */
const OTHER_ADDRESS =
  /(unconfirmed|new|pending|old|previous|backup|recovery|secondary|normali[sz]ed|billing|manager|parent|invited|contact person)/i

/** Finds paths by meaning. Each path is used once. */
class Finder {
  readonly #free: PathInspection[]

  constructor(paths: readonly PathInspection[]) {
    this.#free = paths.filter(({ filled }) => filled > 0)
  }

  take(meaning: Meaning, fits?: (path: PathInspection) => boolean): string | undefined {
    return this.takePath(meaning, fits)?.expression
  }

  /** The path whose name fits best; paths near the top first. */
  takePath(meaning: Meaning, fits: (path: PathInspection) => boolean = () => true): Found | undefined {
    return this.#hand(bestNamed(this.#free.filter(fits), meaning))
  }

  /** Takes the best path only if it is this one. */
  takeColumn(meaning: Meaning, expression: string): boolean {
    const isThis = bestNamed(this.#free, meaning)?.expression === expression
    return isThis && this.take(meaning) !== undefined
  }

  /** The path that identifies users. Prefers one that every record has. */
  takeId(): FoundId | undefined {
    const whole = this.takePath('id', ({ filled, of }) => filled === of)
    const found = whole ?? this.takePath('id')
    return found === undefined ? undefined : { expression: found.expression, whole: found === whole }
  }

  /** The first path whose values are mostly of this type. */
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
