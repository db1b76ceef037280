import { codePointOf } from '../../addresses.ts'
import { someOf } from '../../diagnostics/printable.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Json } from '../../json.ts'
import { keyRanges } from '../../rundb/key-ranges.ts'
import { rejectDesired } from '../../rundb/rejects.ts'
import { originOf, type RunDatabase } from '../../rundb/run-database.ts'
import type { WarningContext } from '../kind.ts'
import type { Alike } from './gathered.ts'

/**
 * Addresses that people or programs take for one another. In: the addresses that users keep once
 * they have merged. Out: users are rejected whose addresses differ only in the case or form of
 * letters outside ASCII; a warning names those that merely look alike.
 */

interface Lookalike {
  key: string
  email: string
  origin: string
}

/**
 * Refuses users whose addresses differ in the case of letters outside ASCII, in how Unicode puts a
 * letter together, or in how the domain is written: `MÜLLER@x.example` and `müller@x.example`. All
 * of them: mail servers do not agree on whether that is one mailbox, so nobody can tell here whose
 * account it is. Once users have merged, so that it is about the addresses that they keep.
 */
export function refuseLookalikes(rundb: RunDatabase): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM lookalikes)') === 0) return
  rundb.exec('CREATE INDEX lookalikes_by_form ON lookalikes (form, email)')
  const forms = rundb.spool(
    `SELECT DISTINCT form FROM lookalikes GROUP BY form HAVING count(DISTINCT email) > 1 ORDER BY form`,
  )
  const owners = rundb.statement(
    `SELECT DISTINCT u.key, l.email, ${originOf('u')} FROM lookalikes l
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = l.key
     JOIN desired u ON u.kind = 'user' AND u.key = coalesce(a.canonical, l.key) AND u.attributes ->> '$.email' = l.email
     JOIN files f ON f.id = u.file
     WHERE l.form = ? ORDER BY u.seq, u.key`,
  )
  for (const { form } of forms) {
    const users = owners
      .all(String(form))
      .map(({ key, email, origin }): Lookalike => ({ key: String(key), email: String(email), origin: String(origin) }))
    if (new Set(users.map(({ email }) => email)).size > 1) for (const user of users) refuse(rundb, user, users)
  }
}

function refuse(rundb: RunDatabase, user: Lookalike, users: readonly Lookalike[]): void {
  const others = users.filter(({ email }) => email !== user.email)
  rejectDesired(
    rundb,
    { kind: 'user', key: user.key },
    {
      code: 'possible_duplicate',
      field: 'email',
      message: `the address ${user.email} may be the same as ${named(others)}: they differ only in the case or form of letters outside ASCII`,
      hint: 'if they are one person, write the address in one way in the source; if they are two, leave one of them out with map.user.when',
    },
  )
}

function named(others: readonly Lookalike[]): string {
  return someOf(others.map(({ email, origin }) => `${email} (${origin})`))
}

/**
 * Letters of other alphabets that are drawn like a letter of ASCII in common fonts; from the table
 * of confusables of Unicode Technical Standard 39 those that addresses are made of.
 */
const DRAWN_ALIKE: Record<string, string> = {
  // Cyrillic
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ԝ: 'w',
  ѵ: 'v',
  ё: 'e',
  ї: 'i',
  // Greek
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  σ: 'o',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  γ: 'y',
  // Latin
  ı: 'i',
  ɩ: 'i',
  ɡ: 'g',
  ɑ: 'a',
  ƅ: 'b',
  ḷ: 'l',
  ạ: 'a',
  ọ: 'o',
}

/** Signs of ASCII that are taken for a letter. */
const TAKEN_FOR: Record<string, string> = { '0': 'o', '1': 'l', i: 'l', '|': 'l' }

/**
 * What an address looks like at a glance: two that have this in common are taken for one another.
 */
function lookalikeSkeleton(email: string): string {
  const latin = inLatin(email)
  const at = latin.lastIndexOf('@')
  return `${latin.slice(0, at).replace(WORD, (_, word: string, end = '') => drawn(word) + end)}@${drawn(latin.slice(at + 1))}`
}

/**
 * A word of the part before the @, with what tells namesakes apart at its end: `dani` and `dan1`,
 * `joselo` and `jose10` are two people.
 */
const WORD = /([^._+-]*?)(\d{2,}|i)?(?=[._+-]|$)/g

function inLatin(text: string): string {
  const letters = [...text.toLowerCase()].map((letter) => DRAWN_ALIKE[letter] ?? letter).join('')
  return letters.normalize('NFKD').replace(/\p{M}/gu, '')
}

function drawn(text: string): string {
  return text
    .replace(/[01i|]/g, (sign) => TAKEN_FOR[sign] ?? sign)
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}

/** Bits of the filters: so many for each user, and at most. */
const BITS_PER_USER = 256
const MOST_BITS = 2 ** 27

/** Bits of the filter of those that were met again. */
const BITS_AGAIN = 2 ** 20

/**
 * Which texts were met, in a bounded memory: what it says was not met was not, and it seldom says
 * more was than were.
 */
class Filter {
  readonly #bits: Uint32Array
  readonly #mask: number

  /** @param bits as many as a power of two */
  constructor(bits: Uint32Array) {
    this.#bits = bits
    this.#mask = bits.length * 32 - 1
  }

  has({ high, low }: Face): boolean {
    for (let probe = 0; probe < 4; probe++) {
      const bit = (low + Math.imul(probe, high)) & this.#mask
      if (((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false
    }
    return true
  }

  add({ high, low }: Face): void {
    for (let probe = 0; probe < 4; probe++) {
      const bit = (low + Math.imul(probe, high)) & this.#mask
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
    }
  }
}

/** Room for so many bits at least. */
function room(bits: number): Uint32Array {
  return new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(bits, 2 ** 10))) / 32)
}

/**
 * A number of 64 bits, the same for addresses that look alike, and mostly another one for others.
 */
interface Face {
  high: number
  low: number
}

/**
 * The face of an address: that of its skeleton, without what tells namesakes apart. An address of
 * ASCII is not made into a skeleton for it.
 */
function faceOf(email: string): Face {
  const plain = isPlain(email) ? email : lookalikeSkeleton(email)
  let [high, low] = [0x9747b28c, 0x1b873593]
  for (let at = 0; at < plain.length; at++) {
    let code = plain.charCodeAt(at)
    if (code >= 65 && code <= 90) code += 32
    // As `drawn` does: 0 is an o; 1, i and | are an l; rn is an m, vv a w.
    if (code === 48) code = 111
    else if (code === 49 || code === 105 || code === 124) code = 108
    else if (code === 114 && (plain.charCodeAt(at + 1) | 32) === 110) {
      code = 109
      at += 1
    } else if (code === 118 && (plain.charCodeAt(at + 1) | 32) === 118) {
      code = 119
      at += 1
    }
    high = Math.imul(high ^ code, 0x85ebca6b)
    high = (high << 13) | (high >>> 19)
    low = Math.imul(low ^ code, 0xc2b2ae35)
    low = (low << 15) | (low >>> 17)
  }
  high = Math.imul(high ^ (high >>> 16), 0x7feb352d)
  low = Math.imul(low ^ (low >>> 15), 0x846ca68b)
  return { high: (high ^ (high >>> 15)) | 1, low: low ^ (low >>> 16) }
}

/** Whether an address is of ASCII, with an @. */
function isPlain(email: string): boolean {
  for (let at = 0; at < email.length; at++) if (email.charCodeAt(at) > 0x7f) return false
  return email.includes('@')
}

/** Addresses of all users as they come by, in a bounded memory. */
export class SeenAddresses {
  readonly #seen: Filter
  readonly #alike: Alike = { someAlike: false, someMixed: false, again: room(BITS_AGAIN) }
  readonly #again = new Filter(this.#alike.again)

  /** @param users how many there are */
  constructor(users: number) {
    this.#seen = new Filter(room(Math.min(users * BITS_PER_USER, MOST_BITS)))
  }

  add(email: Json | undefined): void {
    if (typeof email !== 'string') return
    const face = faceOf(email)
    if (this.#seen.has(face)) {
      this.#alike.someAlike = true
      this.#again.add(face)
    } else this.#seen.add(face)
    if (!this.#alike.someMixed && mixesScripts(email)) this.#alike.someMixed = true
  }

  alike(): Alike {
    return this.#alike
  }
}

/**
 * Whether a word of an address has letters of more than one of the alphabets that are drawn alike.
 */
function mixesScripts(email: string): boolean {
  if (!/[^\x00-\x7f]/.test(email)) return false
  return email.split(/[^\p{L}\p{M}]+/u).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1)
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
/** Addresses that are named, and that are counted. */
const PAIRS = 5

const MOST = 1000

/**
 * A warning about addresses that people take for one another: of two users, or with letters of two
 * alphabets in one word. Whoever has the wrong one of them gets the other's invitations, and an
 * administrator gives access to whom they do not mean.
 * @param alike which addresses are looked at
 */
export function lookalikeAddresses({ rundb, loaded: { locate } }: WarningContext, alike: Alike): Problem[] {
  const found = [...(alike.someAlike ? pairsIn(rundb, new Filter(alike.again)) : []), ...refusedPairs(rundb)]
  // An address that looks like another of the source is named together with it.
  for (const email of alike.someMixed ? mixedAddresses(rundb) : []) {
    if (!found.some((text) => text.includes(email))) found.push(`${spelt(email)}, of letters of two alphabets`)
  }
  if (found.length === 0) return []
  return [
    {
      code: 'lookalike_address',
      severity: 'warning',
      message: `${found.length === 1 ? 'an address looks' : 'addresses look'} like another: ${someOf(found, { limit: PAIRS })}`,
      hint: 'compare them letter by letter with the source: one of each may be a slip, or made to deceive',
      at: locate(['map', 'user', 'email']),
      path: 'map.user.email',
    },
  ]
}

/** @param again which addresses may look like another one */
function pairsIn(rundb: RunDatabase, again: Filter): string[] {
  rundb.define('skeleton', lookalikeSkeleton)
  rundb.define('mayBeAlike', (email) => (again.has(faceOf(email)) ? 1 : 0))
  rundb.exec(
    'CREATE TEMP TABLE IF NOT EXISTS alike (email TEXT NOT NULL, skeleton TEXT NOT NULL) STRICT; DELETE FROM alike',
  )
  const add = `INSERT INTO alike SELECT email, skeleton(email) FROM (
      SELECT attributes ->> 'email' AS email FROM desired WHERE kind = 'user' AND key BETWEEN ? AND ?)
    WHERE email IS NOT NULL AND mayBeAlike(email)`
  for (const range of keyRanges(rundb, 'desired', 'user')) rundb.run(add, ...range)
  // An i for an l alone is no look-alike: Ian and Lan are two people.
  return rundb
    .statement(
      `SELECT min(email) AS one, max(email) AS other, count(DISTINCT email) AS n FROM alike GROUP BY skeleton
       HAVING n > 1 AND count(DISTINCT replace(email, 'i', 'l')) > 1 ORDER BY one LIMIT ?`,
    )
    .all(MOST)
    .map(({ one, other, n }) => {
      return `${spelt(String(one))} and ${spelt(String(other))}${Number(n) > 2 ? ` (and ${Number(n) - 2} more)` : ''}`
    })
}

/** Those that are refused already, since they differ in the case or form of their letters alone. */
function refusedPairs(rundb: RunDatabase): string[] {
  const pairs = rundb
    .statement("SELECT message FROM rejects WHERE kind = 'user' AND code = 'possible_duplicate' ORDER BY seq LIMIT ?")
    .all(MOST)
    .flatMap(({ message }) => {
      const [, one, other] = /^the address (\S+) may be the same as (\S+)/.exec(String(message)) ?? []
      return one === undefined || other === undefined ? [] : [[one, other].toSorted()]
    })
  // Both of a pair are refused.
  return [...new Set(pairs.map(([one = '', other = '']) => `${spelt(one)} and ${spelt(other)} (rejected)`))]
}

function mixedAddresses(rundb: RunDatabase): string[] {
  rundb.define('mixesScripts', (email) => (mixesScripts(email) ? 1 : 0))
  rundb.exec(
    'CREATE TEMP TABLE IF NOT EXISTS mixed (email TEXT NOT NULL, seq INTEGER NOT NULL) STRICT; DELETE FROM mixed',
  )
  const add = `INSERT INTO mixed SELECT attributes ->> 'email', seq FROM desired
    WHERE kind = 'user' AND key BETWEEN ? AND ? AND mixesScripts(attributes ->> 'email')`
  for (const range of keyRanges(rundb, 'desired', 'user')) rundb.run(add, ...range)
  return rundb
    .statement('SELECT email FROM mixed ORDER BY seq LIMIT ?')
    .all(MOST)
    .map(({ email }) => String(email))
}

/** An address with the name of the first letter outside ASCII: it may look like one of ASCII. */
function spelt(email: string): string {
  const letter = [...email].find((character) => (character.codePointAt(0) ?? 0) > 0x7f)
  return letter === undefined ? email : `${email} (${codePointOf(letter)})`
}
