import type { PathInspection } from './inspection.ts'
import { lastName } from './names.ts'
import { wordsOf } from './sensitivity.ts'

/** A column that says who may not sign in, and the condition that lets in the others. */
export interface LockedOut {
  path: string
  /** What it says of those who are left out: `is false`, `holds a time`. */
  says: string
  /**
   * JSONata over a record: true for whoever may sign in. It yields a boolean for any value, and for
   * none.
   */
  condition: string
}

/**
 * German, French, Spanish, Italian, Portuguese and Dutch, as texts of a status and names of a
 * column alike.
 */
const OUT_ABROAD = [
  'gesperrt|blockiert|deaktiviert|inaktiv|gel(ö|oe)scht',
  '(bloqu|d[ée]sactiv|supprim|verrouill)[ée]e?|suspendue?|inactif',
  '(bloquead|desactivad|desativad|eliminad|suspendid|inactiv|inativ)[oa]',
  '(bloccat|disattivat|disabilitat|sospes|inattiv)[oa]|geblokkeerd|inactief',
].join('|')
const IN_ABROAD = 'aktiv|aktiviert|actif|actief|(activ|activad|habilitad|attiv|ativ)[oa]'
const OUT = `disabled|blocked|banned|locked|locked out|suspended|deactivated|inactive|deleted|archived|terminated|anonymi[sz]ed|${OUT_ABROAD}`
const BEFORE = 'is |user |account |is account |ist |est |est[áa] '
/** True: the person is out. */
const NEGATIVE = new RegExp(`^(${BEFORE}|soft )*(${OUT}|spam|expired)$`)
/** False: the person is out. */
const POSITIVE = new RegExp(
  `^(${BEFORE})*(active|enabled|activated|approved|non (locked|expired)|${IN_ABROAD}|` +
    'can (log|sign) ?in|(log|sign) ?in (allowed|enabled))$',
)
/** A time: the person is out since then. */
const SINCE = new RegExp(
  `^(${BEFORE}|soft |date )*(${OUT}|discarded|removed|deletion)( (at|on|date|time|since|am|seit|le|depuis|el|desde))$|^date (deleted|disabled)$`,
)
/** Of a row that says where somebody belongs: a time at which that ended. */
const ENDED = /^(left|ended|revoked|removed|terminated)( (at|on|date|since))?$|^(end|exit|leave|leaving) date$/
/** A time until which the person is out. */
const UNTIL =
  /^((banned|blocked|locked|suspended|disabled) (until|till|to)|gesperrt bis|lockout end( date)?( utc)?|lock(ed)? expires( at)?)$/
const STATUS = /^((user|account|member|membership)? ?(status|state)|enabled disabled|statut|estado|stato)$/
/** Words for somebody who may not sign in. */
const OUT_TEXTS = `${OUT}|deprovisioned|closed|removed|cancell?ed|revoked|expired|rejected|dele?ted`
const OUT_WORDS = new RegExp(`^(${OUT_TEXTS})$`)
/** Yes and no as texts, beside those that `$tryBool` reads. */
const YES_TEXTS = 'on|ja|oui|s[iíì]|sim|x|disabled|blocked|banned|locked|suspended|deleted|gesperrt'
const NO_TEXTS = 'off|nein|nee|non|não|ina[ck]?ti.*|disabled|blocked|suspended|deleted|gesperrt'

/**
 * The columns that say who may not sign in, as far as names and values tell.
 * @param today the day of the look, `2026-11-29`
 * @param whole whether all records were looked at: else values count that nobody has seen yet
 * @param of what the paths are within: a record, or the row of a table that is joined to it
 */
export function lockedOutBy(
  paths: readonly PathInspection[],
  today: string,
  whole = true,
  of: 'record' | 'row' = 'record',
): LockedOut[] {
  const within = of === 'record' ? '$record.' : ''
  return paths.flatMap((path) => {
    const isIdle = whole && path.filled === 0
    const value = `${within}${path.expression}`
    const isEnd = of === 'row' && ENDED.test(wordsOf(lastName(path.path)))
    const found = isIdle || path.expression === null ? undefined : lockedOut(path, value, { today, whole, isEnd })
    return found === undefined ? [] : { path: path.path, ...found }
  })
}

function lockedOut(
  path: PathInspection,
  value: string,
  { today, whole, isEnd }: { today: string; whole: boolean; isEnd: boolean },
): Omit<LockedOut, 'path'> | undefined {
  if (path.path.includes('[]')) return undefined
  const words = wordsOf(lastName(path.path))
  const isFlag = whole && path.types.every(({ type }) => /^(boolean|yes\/no|number|null|empty)$/.test(type))
  if (NEGATIVE.test(words) && isFlag) return { says: 'is true', condition: `$not($tryBool(${value}) = true)` }
  if (POSITIVE.test(words) && isFlag) return { says: 'is false', condition: `$not($tryBool(${value}) = false)` }
  if (POSITIVE.test(words)) return byText(value, path, whole)
  if (UNTIL.test(words)) return until(value, path, today)
  // A flag may be called so as well, and a time may lie behind a plain name.
  if (SINCE.test(words) || isEnd) return { says: 'holds a time', condition: `$not(${holdsTime(value)} = true)` }
  if (NEGATIVE.test(words)) {
    const isOut = `$tryBool(${value}) = true or ${isOneOf(YES_TEXTS, value)}`
    return { says: 'says yes or holds a time', condition: `$not(${holdsTime(value)} = true or ${isOut})` }
  }
  if (STATUS.test(words))
    return byStatus(value, path, whole) ?? (words === 'user status' ? undefined : byNumber(value, path))
  return undefined
}

/** Whether a value says a time or a number: neither NULL written out nor MySQL's zero date does. */
export function holdsTime(value: string): string {
  return `$contains($string(${value}), /[1-9]|infinity/)`
}

/**
 * Texts of times in ISO 8601 are in their order; of others nothing can be told but that there is
 * one.
 */
function until(value: string, { types }: PathInspection, today: string): Omit<LockedOut, 'path'> {
  if (types.some(({ type }) => type === 'text')) {
    return { says: 'holds a time', condition: `$not(${holdsTime(value)} = true)` }
  }
  return {
    says: `is later than ${today}`,
    condition: `$not($contains($string(${value}), /^([1-9]\\d{3}-|infinity)/) = true and $string(${value}) > '${today}')`,
  }
}

/** A flag of which some value is a text: `on` and `off`, `active` and `inactive`. */
function byText(value: string, { types }: PathInspection, whole: boolean): Omit<LockedOut, 'path'> | undefined {
  if (whole && !types.some(({ type }) => type === 'text')) return undefined
  return { says: 'says no', condition: `$not($tryBool(${value}) = false or ${isOneOf(NO_TEXTS, value)})` }
}

/**
 * Whether a text is one of these words, in any case, however its words are joined. Yields a boolean
 * for any value.
 */
function isOneOf(words: string, value: string): string {
  return `$contains($string(${value}), /^\\s*(${words.replaceAll(' ', '[-_ ]+')})\\s*$/i) = true`
}

/**
 * Tables of Drupal and others: most people have 1, and who has 0 is blocked. WordPress's
 * user_status is 0 for everybody.
 */
function byNumber(value: string, { values = [] }: PathInspection): Omit<LockedOut, 'path'> | undefined {
  const count = (wanted: string) => values.find((found) => found.value === wanted)?.count ?? 0
  const [on, off] = [count('1'), count('0')]
  if (values.length !== 2 || off === 0 || on < off) return undefined
  return { says: 'is 0', condition: `$not($tryBool(${value}) = false)` }
}

/**
 * Values are not listed where too few records tell whether they sort people: then any word counts
 * that is known.
 */
function byStatus(
  value: string,
  { values, types, filled }: PathInspection,
  whole: boolean,
): Omit<LockedOut, 'path'> | undefined {
  if (values === undefined || !whole) {
    if (filled > 0 && !types.some(({ type }) => type === 'text')) return undefined
    return { says: 'says that they may not', condition: `$not(${isOneOf(OUT_TEXTS, value)})` }
  }
  const out = values.map((found) => found.value).filter((word) => OUT_WORDS.test(wordsOf(word)))
  if (out.length === 0) return undefined
  const list = out.map((word) => `'${word}'`).join(', ')
  return { says: `is ${out.join(' or ')}`, condition: `$not(${value} in [${list}])` }
}
