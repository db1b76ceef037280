import type { Manifest } from '../../config/manifest.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import { Earliest } from '../earliest.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'
import type { Named } from './gathered.ts'

/**
 * So many addresses have to tell which name is which, and this share of all: three of thousands are
 * chance. Of these the other share has to say that they are swapped.
 */
const TELLING = 3
const TELLING_SHARE = 0.05
const SWAPPED = 2 / 3
/** Users that are looked at, the first ones: what holds for so many holds for all. */
const LOOKED_AT = 10_000

/** Whether there is anything to look at. */
export function mapsNames({ map: { user } }: Pick<Manifest, 'map'>): boolean {
  return user?.firstName !== undefined && user.lastName !== undefined
}

/** Users with both names, the first ones. */
export class NamesSeen {
  readonly #users = new Earliest<Named>(LOOKED_AT)

  add({ email, firstName, lastName }: Attributes, place: number): void {
    if (!isThere(firstName) || !isThere(lastName)) return
    this.#users.add(place, { email: String(email ?? null), first: String(firstName), last: String(lastName) })
  }

  named(): Named[] {
    return this.#users.items()
  }
}

/**
 * A warning where addresses like first.last@ say of most people that the first name is the last
 * one. Companies that write the family name first in addresses look like this too, so it asks for a
 * look.
 */
export function namesSwapped(
  { loaded: { locate } }: Pick<WarningContext, 'loaded'>,
  users: readonly Named[],
): Problem[] {
  const counts = { straight: 0, swapped: 0 }
  let example = ''
  for (const { email, first, last } of users) {
    const order = orderOf(email, first, last)
    if (order === undefined) continue
    counts[order] += 1
    if (order === 'swapped' && example === '') example = `${email} has the first name ${JSON.stringify(first)}`
  }
  const compared = counts.straight + counts.swapped
  if (compared < Math.max(TELLING, users.length * TELLING_SHARE) || counts.swapped < compared * SWAPPED) return []
  return [
    {
      code: 'names_swapped',
      severity: 'warning',
      message: `first and last names look swapped in ${figure(counts.swapped)} of ${figure(compared)} users whose address contains both (${example})`,
      hint: 'look at map.user.firstName and map.user.lastName; where addresses begin with the last name, do nothing',
      at: locate(['map', 'user', 'firstName']),
      path: 'map.user.firstName',
    },
  ]
}

function isThere(name: Json | undefined): boolean {
  return name !== undefined && name !== null
}

/**
 * Which name comes first in an address, for those that tell: `ada.lovelace@`, `a.lovelace@`,
 * `alovelace@`.
 */
function orderOf(email: string, first: string, last: string): 'straight' | 'swapped' | undefined {
  const local = email.slice(0, email.lastIndexOf('@')).replace(/\+.*$/, '')
  const [a, b] = [namesIn(first), namesIn(last)]
  if (a.length === 0 || b.length === 0 || a.some((name) => b.includes(name))) return undefined
  const straight = tells(local, a, b)
  const swapped = tells(local, b, a)
  return straight === swapped ? undefined : straight ? 'straight' : 'swapped'
}

/**
 * Whether the address is made of one of the first names, or its initial, then one of the second
 * ones.
 */
function tells(local: string, before: readonly string[], after: readonly string[]): boolean {
  const parts = folded(local).split(/[._-]+/)
  const [one = '', two] = parts
  if (two === undefined)
    return before.some((name) => after.some((other) => other.length > 2 && one === `${name[0]}${other}`))
  if (parts.length !== 2) return false
  const begins = before.some((name) => name === one || (one.length === 1 && name.startsWith(one)))
  return begins && after.includes(two.replace(/\d+$/, ''))
}

/** A name as addresses have it: whole without blanks, and each of its words. */
function namesIn(name: string): string[] {
  const words = folded(name)
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '')
  return [...new Set([words.join(''), ...words])].filter((word) => word !== '')
}

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[łøđßæœı]/g, (letter) => SPELT[letter] ?? letter)
}

const SPELT: Record<string, string> = { ł: 'l', ø: 'o', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' }
/** So many users, all of them verified, are worth a word where the source says so itself. */
const MANY = 10
/**
 * And so many where an expression concludes it from the presence of something: any text will do
 * then.
 */
const SEVERAL = 2

/**
 * A warning where all users are verified, and no constant says so: WorkOS lets whoever signs in by
 * another way with a verified address into its account. Many sources have verified users alone, so
 * that this asks for a look and for nothing else.
 */
export function everybodyVerified({
  loaded: { manifest, locate },
  filling,
}: WarningContext & { filling: FieldFilling | undefined }): Problem[] {
  const expression = manifest.map.user?.emailVerified
  if (typeof expression !== 'string' || isConstant(expression) || filling === undefined) return []
  // Of all users, also of those out of scope: the first ten may all be verified.
  const { resources: users, fields } = filling
  const found = fields.find(({ field }) => field === 'emailVerified')
  const all = found?.filled === users && found.distinct === 1 && found.example === true
  if (!all || users < (concludes(expression) ? SEVERAL : MANY)) return []
  return [
    {
      code: 'everybody_verified',
      severity: 'warning',
      message: `the addresses of all ${users} users count as verified`,
      hint: 'if that is right, do nothing; else look at the columns that map.user.emailVerified reads: it may take any text for yes, NULL too',
      at: locate(['map', 'user', 'emailVerified']),
      path: 'map.user.emailVerified',
    },
  ]
}

/** Whoever writes it has decided it. */
function isConstant(expression: string): boolean {
  return /^\s*(["']?)(true|yes|1)\1\s*$/i.test(expression)
}

/**
 * Whether it makes a yes of the mere presence of something. A column as it is, or a comparison,
 * says yes or no itself.
 */
function concludes(expression: string): boolean {
  return /\?|\$(exists|boolean|not)\b|\b(and|or)\b/.test(expression)
}
