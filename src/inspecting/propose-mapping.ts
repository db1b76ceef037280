import type { PathInspection } from './inspection.ts'
import { wordsOf } from './sensitivity.ts'

/** A mapping for a file of no known origin, as far as names and values tell. */
export interface MappingProposal {
  user: Record<string, string | Record<string, string>>
  organization?: Record<string, string>
  membership?: Record<string, string>
  /** What nothing was found for, by field: why it matters. */
  missing: { field: string; why: string }[]
  /** Paths that no field was found for. */
  unplaced: string[]
}

const NAMES = {
  id: /^(id|user id|uid|uuid|guid|external id|customer (id|number|no)|kunden ?nummer|account id|member id|person id|sub|user name|username|login)$/,
  email:
    /^(e ?mail|e ?mail address|mail|primary email( address)?|email id|user email|e ?mail ?adresse|mail ?adresse|courriel|correo|correo electronico)$/,
  firstName: /^(first ?name|given ?name|fore ?name|first|fname|vorname|pr[eé]nom|nombre)$/,
  lastName: /^(last ?name|family ?name|sur ?name|last|lname|nachname|familienname|nom|apellidos?|cognome)$/,
  name: /^(name|full ?name|display ?name|real ?name)$/,
  verified: /^((is )?(email )?(verified|confirmed|validated)|verified email)$/,
  verifiedAt: /^(email )?(verified|confirmed|validated) (at|on|date)$/,
  hash: /^(password ?hash|hashed password|encrypted password|password digest|crypted password|password encrypted|pass ?hash|pwd ?hash|hash|digest|password)$/,
  hasher:
    /^(password hasher|password hash type|hash type|hasher|password algorithm|hash algorithm|password hash algorithm)$/,
  totp: /^((totp|otp|mfa|2fa|two factor|mfa totp|google authenticator|authenticator) (secret|seed))$/,
  organizationId:
    /^(org id|organi[sz]ation id|org external id|organi[sz]ation external id|company id|tenant id|team id|workspace id|account id)$/,
  organizationName:
    /^(org name|organi[sz]ation name|organi[sz]ation|org|company|company name|tenant|team|team name|workspace|firma|soci[eé]t[eé])$/,
  role: /^(roles?|role slugs?|role names?|org roles?)$/,
  phone: /^(phone|phone number|mobile|mobile phone|tel|telefon|telephone|t[eé]l[eé]phone)$/,
} as const

/** Proposes a mapping of the records of one stream. */
export function proposeMapping(paths: readonly PathInspection[]): MappingProposal {
  const finder = new Finder(paths)
  const missing: MappingProposal['missing'] = []
  const email = finder.take('email') ?? finder.takeByType('e-mail')
  const id = finder.take('id')
  const user: MappingProposal['user'] = {}
  const key = id ?? email
  if (key !== undefined) user.key = key
  else missing.push({ field: 'key', why: 'what tells one user from another and stays the same' })
  if (id !== undefined) user.externalId = id
  if (email !== undefined) user.email = email
  else missing.push({ field: 'email', why: 'WorkOS identifies users by e-mail' })
  addVerified(finder, user, missing)
  addNames(finder, user)
  addPassword(finder, user, missing)
  const totp = finder.take('totp')
  if (totp !== undefined) user.totpSecret = totp
  const phone = finder.take('phone')
  if (phone !== undefined) user.metadata = { phone }
  return { user, ...belonging(finder), missing, unplaced: finder.rest() }
}

function addVerified(finder: Finder, user: MappingProposal['user'], missing: MappingProposal['missing']): void {
  const verified = finder.take('verified')
  const at = verified === undefined ? finder.take('verifiedAt') : undefined
  if (verified !== undefined) user.emailVerified = verified
  else if (at !== undefined) user.emailVerified = `${at} ? true : false`
  else missing.push({ field: 'emailVerified', why: 'without it every address counts as not verified' })
}

function addNames(finder: Finder, user: MappingProposal['user']): void {
  const [first, last] = [finder.take('firstName'), finder.take('lastName')]
  const name = first === undefined || last === undefined ? finder.take('name') : undefined
  const firstName = first ?? (name === undefined ? undefined : `$splitName(${name}).first`)
  const lastName = last ?? (name === undefined ? undefined : `$splitName(${name}).last`)
  if (firstName !== undefined) user.firstName = firstName
  if (lastName !== undefined) user.lastName = lastName
}

function addPassword(finder: Finder, user: MappingProposal['user'], missing: MappingProposal['missing']): void {
  const hash = finder.take('hash', ({ types }) => types.some(({ type }) => type === 'password hash'))
  const hasher = finder.take('hasher')
  if (hash !== undefined && hasher !== undefined) {
    user.passwordHash = hash
    user.passwordHashType = hasher
  } else if (hash !== undefined) user.passwordHash = `$passwordHash(${hash})`
  else missing.push({ field: 'passwordHash', why: 'no hash was recognised: without one, users reset their password' })
}

function belonging(finder: Finder): Pick<MappingProposal, 'organization' | 'membership'> {
  const id = finder.take('organizationId')
  const name = finder.take('organizationName')
  const key = id ?? (name === undefined ? undefined : `'name:' & ${name}`)
  const when = id ?? name
  if (key === undefined || when === undefined) return {}
  const role = finder.take('role')
  return {
    organization: {
      when: `$exists(${when})`,
      key,
      ...(id === undefined ? {} : { externalId: id }),
      name: name ?? id ?? '',
    },
    membership: { when: `$exists(${when})`, organization: key, ...(role === undefined ? {} : { roles: role }) },
  }
}

/** Hands out paths, each once. */
class Finder {
  readonly #free: PathInspection[]

  constructor(paths: readonly PathInspection[]) {
    this.#free = paths.filter(({ filled }) => filled > 0)
  }

  /** The path with such a name, the one nearest to the top first. */
  take(kind: keyof typeof NAMES, fits: (path: PathInspection) => boolean = () => true): string | undefined {
    const named = this.#free.filter((path) => NAMES[kind].test(wordsOf(lastName(path.path))) && fits(path))
    return this.#hand(named.sort((a, b) => depth(a) - depth(b))[0])
  }

  /** The path that holds mostly values of this type. */
  takeByType(type: string): string | undefined {
    return this.#hand(this.#free.find((path) => path.types[0]?.type === type))
  }

  rest(): string[] {
    return this.#free.map(({ path }) => path)
  }

  #hand(path: PathInspection | undefined): string | undefined {
    if (path === undefined || path.expression === null) return undefined
    this.#free.splice(this.#free.indexOf(path), 1)
    return path.expression
  }
}

function lastName(path: string): string {
  return (
    path
      .split('.')
      .at(-1)
      ?.replace(/\[.*\]$/, '') ?? path
  )
}

function depth({ path }: PathInspection): number {
  return path.split('.').length + (path.includes('[]') ? 10 : 0)
}
