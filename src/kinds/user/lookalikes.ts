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
 * Finds addresses that users or programs can confuse, among those that users keep after merging.
 * Rejects users whose addresses differ only in the case or form of letters outside ASCII. Warns
 * about addresses that only look alike.
 */

interface Lookalike {
  key: string
  email: string
  origin: string
}

/**
 * Rejects all users whose addresses differ only in the case of letters outside ASCII, in Unicode
 * normalization or in the spelling of the domain: `MÜLLER@x.example` and `müller@x.example`. Mail
 * servers disagree on whether these are one mailbox. Runs after users merge.
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

/** Between the two addresses of a message: see refusedPairs. */
const SAME = 'might be the same as'

function refuse(rundb: RunDatabase, user: Lookalike, users: readonly Lookalike[]): void {
  const others = users.filter(({ email }) => email !== user.email)
  rejectDesired(
    rundb,
    { kind: 'user', key: user.key },
    {
      code: 'possible_duplicate',
      field: 'email',
      message: `the address ${user.email} ${SAME} ${named(others)}: they differ only in the case or form of letters outside ASCII`,
      hint: 'if they are one user, write the address in one way in the source; otherwise skip one of them with map.user.when',
    },
  )
}

function named(others: readonly Lookalike[]): string {
  return someOf(others.map(({ email, origin }) => `${email} (${origin})`))
}

/**
 * Letters of other alphabets that common fonts draw like an ASCII letter; from the table of
 * confusables of Unicode Technical Standard 39, those that occur in addresses.
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

/** ASCII characters that look like a letter. */
const TAKEN_FOR: Record<string, string> = { '0': 'o', '1': 'l', i: 'l', '|': 'l' }

/** What an address looks like at a glance: two addresses with the same skeleton can be confused. */
function lookalikeSkeleton(email: string): string {
  const latin = inLatin(email)
  const at = latin.lastIndexOf('@')
  return `${latin.slice(0, at).replace(WORD, (_, word: string, end = '') => drawn(word) + end)}@${drawn(latin.slice(at + 1))}`
}

/**
 * A word of the part before the @, with the end that distinguishes namesakes: `dani` and `dan1`,
 * `joselo` and `jose10` are two users.
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

/** Bits of the filters: for each user, and the maximum. */
const BITS_PER_USER = 256
const MOST_BITS = 2 ** 27

/** Bits of the filter of addresses seen twice. */
const BITS_AGAIN = 2 ** 20

/**
 * A Bloom filter: texts that it does not contain were never added, and false positives are rare.
 */
class Filter {
  readonly #bits: Uint32Array
  readonly #mask: number

  /** @param bits their number is a power of two */
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

/** Room for at least this many bits. */
function room(bits: number): Uint32Array {
  return new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(bits, 2 ** 10))) / 32)
}

/** A 64-bit number, equal for addresses that look alike and usually different for others. */
interface Face {
  high: number
  low: number
}

/**
 * The face of an address: that of its skeleton, without the end that distinguishes namesakes.
 * Computed for ASCII addresses without building the skeleton.
 */
function faceOf(email: string): Face {
  const plain = isPlain(email) ? email : lookalikeSkeleton(email)
  let [high, low] = [0x9747b28c, 0x1b873593]
  for (let at = 0; at < plain.length; at++) {
    let code = plain.charCodeAt(at)
    if (code >= 65 && code <= 90) code += 32
    // As in `drawn`: 0 is an o; 1, i and | are an l; rn is an m, vv a w.
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

/** Whether an address is ASCII and contains an @. */
function isPlain(email: string): boolean {
  for (let at = 0; at < email.length; at++) if (email.charCodeAt(at) > 0x7f) return false
  return email.includes('@')
}

/** The addresses of all users, in bounded memory. */
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

/** Whether a word of an address mixes letters of the alphabets that look alike. */
function mixesScripts(email: string): boolean {
  if (!/[^\x00-\x7f]/.test(email)) return false
  return email.split(/[^\p{L}\p{M}]+/u).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1)
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u]
/** How many addresses to name; the others are counted. */
const PAIRS = 5

const MOST = 1000

/**
 * Warns about addresses that can be confused: of two users, or with letters of two alphabets in one
 * word. Invitations and access could go to the wrong user.
 * @param alike which addresses to compare
 */
export function lookalikeAddresses(
  { rundb, loaded: { locate } }: Pick<WarningContext, 'rundb'> & { loaded: Pick<WarningContext['loaded'], 'locate'> },
  alike: Alike,
): Problem[] {
  const found = [...(alike.someAlike ? pairsIn(rundb, new Filter(alike.again)) : []), ...refusedPairs(rundb)]
  // An address that looks like another of the source is named together with it.
  for (const email of alike.someMixed ? mixedAddresses(rundb) : []) {
    if (!found.some((text) => text.includes(email))) found.push(`${spelt(email)}, with letters of two alphabets`)
  }
  if (found.length === 0) return []
  return [
    {
      code: 'lookalike_address',
      severity: 'warning',
      message: `${found.length === 1 ? 'an address looks' : 'addresses look'} like another: ${someOf(found, { limit: PAIRS })}`,
      hint: 'compare them letter by letter with the source: one might be a typo or an attempt to deceive',
      at: locate(['map', 'user', 'email']),
      path: 'map.user.email',
    },
  ]
}

/** @param again addresses that can look like another one */
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
  // An i in place of an l alone does not count: Ian and Lan are two users.
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

const REFUSED = new RegExp(`^the address (\\S+) ${SAME} (\\S+)`)

/** Pairs that are already rejected because they differ only in the case or form of letters. */
function refusedPairs(rundb: RunDatabase): string[] {
  const pairs = rundb
    .statement("SELECT message FROM rejects WHERE kind = 'user' AND code = 'possible_duplicate' ORDER BY seq LIMIT ?")
    .all(MOST)
    .flatMap(({ message }) => {
      const [, one, other] = REFUSED.exec(String(message)) ?? []
      return one === undefined || other === undefined ? [] : [[one, other].toSorted()]
    })
  // Both of a pair are rejected.
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

/**
 * An address with the name of its first letter outside ASCII, which can look like an ASCII letter.
 */
function spelt(email: string): string {
  const letter = [...email].find((character) => (character.codePointAt(0) ?? 0) > 0x7f)
  return letter === undefined ? email : `${email} (${codePointOf(letter)})`
}
