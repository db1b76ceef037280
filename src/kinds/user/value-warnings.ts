import type { Manifest } from '../../config/manifest.ts'
import { figure } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'
import type { Attributes } from '../../resource.ts'
import { Earliest } from '../earliest.ts'
import type { FieldFilling, WarningContext } from '../kind.ts'
import type { NamesOrder } from './gathered.ts'

/**
 * At least this many addresses must show the order of names, and this share of all: three of
 * thousands are chance. Of these, the last share must show that names are swapped.
 */
const TELLING = 3
const TELLING_SHARE = 0.05
const SWAPPED = 2 / 3
/** How many users to check: the first ones are enough. */
const LOOKED_AT = 10_000

/** Whether there is anything to check. */
export function mapsNames({ map: { user } }: Pick<Manifest, 'map'>): boolean {
  return user?.firstName !== undefined && user.lastName !== undefined
}

interface Named {
  email: string
  first: string
  last: string
}

/** The first users with both names. */
export class NamesSeen {
  readonly #users = new Earliest<Named>(LOOKED_AT)

  add({ email, firstName, lastName }: Attributes, place: number): void {
    if (!isThere(firstName) || !isThere(lastName)) return
    this.#users.add(place, { email: String(email ?? null), first: String(firstName), last: String(lastName) })
  }

  order(): NamesOrder {
    const users = this.#users.items()
    const order: NamesOrder = { users: users.length, straight: 0, swapped: 0, example: '' }
    for (const { email, first, last } of users) {
      const found = orderOf(email, first, last)
      if (found === undefined) continue
      order[found] += 1
      if (found === 'swapped' && order.example === '')
        order.example = `${email} has the first name ${JSON.stringify(first)}`
    }
    return order
  }
}

/**
 * Warns if addresses like first.last@ suggest that first and last names are swapped. Companies that
 * put the family name first in addresses look the same, so the hint only asks for a check.
 */
export function namesSwapped(
  { loaded: { locate } }: Pick<WarningContext, 'loaded'>,
  { users, straight, swapped, example }: NamesOrder,
): Problem[] {
  const compared = straight + swapped
  if (compared < Math.max(TELLING, users * TELLING_SHARE) || swapped < compared * SWAPPED) return []
  return [
    {
      code: 'names_swapped',
      severity: 'warning',
      message: `first and last names look swapped in ${figure(swapped)} of ${figure(compared)} users whose address contains both (${example})`,
      hint: 'check map.user.firstName and map.user.lastName; if addresses begin with the last name, do nothing',
      at: locate(['map', 'user', 'firstName']),
      path: 'map.user.firstName',
    },
  ]
}

function isThere(name: Json | undefined): boolean {
  return name !== undefined && name !== null
}

/**
 * Which name comes first in an address that shows it: `ada.lovelace@`, `a.lovelace@`, `alovelace@`.
 */
function orderOf(email: string, first: string, last: string): 'straight' | 'swapped' | undefined {
  const local = folded(email.slice(0, email.lastIndexOf('@')).replace(/\+.*$/, ''))
  const [a, b] = [namesIn(first), namesIn(last)]
  if (a.length === 0 || b.length === 0 || a.some((name) => b.includes(name))) return undefined
  const straight = tells(local, a, b)
  const swapped = tells(local, b, a)
  return straight === swapped ? undefined : straight ? 'straight' : 'swapped'
}

/**
 * Whether the folded address consists of one of the first names, or its initial, and then one of
 * the second ones.
 */
function tells(local: string, before: readonly string[], after: readonly string[]): boolean {
  const parts = local.split(/[._-]+/)
  const [one = '', two] = parts
  if (two === undefined)
    return before.some((name) => after.some((other) => other.length > 2 && one === `${name[0]}${other}`))
  if (parts.length !== 2) return false
  const begins = before.some((name) => name === one || (one.length === 1 && name.startsWith(one)))
  return begins && after.includes(two.replace(/\d+$/, ''))
}

/** A name as in addresses: whole without spaces, and each of its words. */
function namesIn(name: string): string[] {
  const whole = folded(name)
  // Most names are one word. The other way takes several times longer.
  if (/^[a-z]+$/.test(whole)) return [whole]
  const words = whole.split(/[^\p{L}]+/u).filter((word) => word !== '')
  return [...new Set([words.join(''), ...words])].filter((word) => word !== '')
}

function folded(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[łøđßæœı]/g, (letter) => SPELT[letter] ?? letter)
}

const SPELT: Record<string, string> = { ł: 'l', ø: 'o', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' }
/** From this many verified users on, a warning is useful. */
const MANY = 10
/** The same, if an expression concludes it from the presence of a value, which can be any text. */
const SEVERAL = 2

/**
 * Warns if all users are verified without a constant that says so: anyone who signs in another way
 * with a verified address gets into the account. Many sources contain only verified users, so the
 * hint only asks for a check.
 */
export function everybodyVerified({
  loaded: { manifest, locate },
  filling,
}: WarningContext & { filling: FieldFilling | undefined }): Problem[] {
  const expression = manifest.map.user?.emailVerified
  if (typeof expression !== 'string' || isConstant(expression) || filling === undefined) return []
  // Of all users, in scope or not: the first ten may all be verified.
  const { resources: users, fields } = filling
  const found = fields.find(({ field }) => field === 'emailVerified')
  const all = found?.filled === users && found.distinct === 1 && found.example === true
  if (!all || users < (concludes(expression) ? SEVERAL : MANY)) return []
  return [
    {
      code: 'everybody_verified',
      severity: 'warning',
      message: `the email addresses of all ${users} users count as verified`,
      hint: 'if this is right, do nothing; otherwise check the columns that map.user.emailVerified reads: any text, even NULL, might count as true',
      at: locate(['map', 'user', 'emailVerified']),
      path: 'map.user.emailVerified',
    },
  ]
}

/** A constant is the author's decision. */
function isConstant(expression: string): boolean {
  return /^\s*(["']?)(true|yes|1)\1\s*$/i.test(expression)
}

/**
 * Whether the expression turns the presence of a value into true. A column or a comparison is true
 * or false itself.
 */
function concludes(expression: string): boolean {
  return /\?|\$(exists|boolean|not)\b|\b(and|or)\b/.test(expression)
}
