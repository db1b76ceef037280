import type { PathInspection } from './inspection.ts'
import { lastName } from './names.ts'
import { wordsOf } from './sensitivity.ts'

/** A column that shows who cannot sign in, and the condition that selects the others. */
export interface LockedOut {
  path: string
  /** The value for excluded users: `is false`, `contains a time`. */
  says: string
  /**
   * JSONata over a record: true for users who can sign in. Returns a boolean for every value, and
   * for a missing one.
   */
  condition: string
}

/** German, French, Spanish, Italian, Portuguese and Dutch words, for values and column names. */
const OUT_ABROAD = [
  'gesperrt|blockiert|deaktiviert|inaktiv|gel(ö|oe)scht',
  '(bloqu|d[ée]sactiv|supprim|verrouill)[ée]e?|suspendue?|inactif',
  '(bloquead|desactivad|desativad|eliminad|suspendid|inactiv|inativ)[oa]',
  '(bloccat|disattivat|disabilitat|sospes|inattiv)[oa]|geblokkeerd|inactief',
].join('|')
const IN_ABROAD = 'aktiv|aktiviert|actif|actief|(activ|activad|habilitad|attiv|ativ)[oa]'
const OUT = `disabled|blocked|banned|locked|locked out|suspended|deactivated|inactive|deleted|archived|terminated|anonymi[sz]ed|${OUT_ABROAD}`
const BEFORE = 'is |user |account |is account |ist |est |est[áa] '
/** If true, the user cannot sign in. */
const NEGATIVE = new RegExp(`^(${BEFORE}|soft )*(${OUT}|spam|expired)$`)
/** If false, the user cannot sign in. */
const POSITIVE = new RegExp(
  `^(${BEFORE})*(active|enabled|activated|approved|non (locked|expired)|${IN_ABROAD}|` +
    'can (log|sign) ?in|(log|sign) ?in (allowed|enabled))$',
)
/** A time since which the user cannot sign in. */
const SINCE = new RegExp(
  `^(${BEFORE}|soft |date )*(${OUT}|discarded|removed|deletion)( (at|on|date|time|since|am|seit|le|depuis|el|desde))$|^date (deleted|disabled)$`,
)
/** In a row of a membership: the time when it ended. */
const ENDED = /^(left|ended|revoked|removed|terminated)( (at|on|date|since))?$|^(end|exit|leave|leaving) date$/
/** A time until which the user cannot sign in. */
const UNTIL =
  /^((banned|blocked|locked|suspended|disabled) (until|till|to)|gesperrt bis|lockout end( date)?( utc)?|lock(ed)? expires( at)?)$/
const STATUS = /^((user|account|member|membership)? ?(status|state)|enabled disabled|statut|estado|stato)$/
/** Status values of users who cannot sign in. */
const OUT_TEXTS = `${OUT}|deprovisioned|closed|removed|cancell?ed|revoked|expired|rejected|dele?ted`
const OUT_WORDS = new RegExp(`^(${OUT_TEXTS})$`)
/** Texts for yes and no, in addition to those that `$tryBool` reads. */
const YES_TEXTS = 'on|ja|oui|s[iíì]|sim|x|disabled|blocked|banned|locked|suspended|deleted|gesperrt'
const NO_TEXTS = 'off|nein|nee|non|não|ina[ck]?ti.*|disabled|blocked|suspended|deleted|gesperrt'

/**
 * Finds columns that show who cannot sign in, by names and values.
 * @param today the current day, `2026-11-29`
 * @param whole whether all records were read; otherwise, conditions also cover unseen values
 * @param of whether the paths are within a record or a joined row
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
  // A column with such a name can be a flag, and a plain name can contain times.
  if (SINCE.test(words) || isEnd) return { says: 'contains a time', condition: `$not(${holdsTime(value)} = true)` }
  if (NEGATIVE.test(words)) {
    const isOut = `$tryBool(${value}) = true or ${isOneOf(YES_TEXTS, value)}`
    return { says: 'means yes or contains a time', condition: `$not(${holdsTime(value)} = true or ${isOut})` }
  }
  if (STATUS.test(words))
    return byStatus(value, path, whole) ?? (words === 'user status' ? undefined : byNumber(value, path))
  return undefined
}

/** Whether a value contains a time or a number. A written NULL and MySQL's zero date do not. */
export function holdsTime(value: string): string {
  return `$contains($string(${value}), /[1-9]|infinity/)`
}

/** ISO 8601 texts compare in order of time. For other texts, any time counts. */
function until(value: string, { types }: PathInspection, today: string): Omit<LockedOut, 'path'> {
  if (types.some(({ type }) => type === 'text')) {
    return { says: 'contains a time', condition: `$not(${holdsTime(value)} = true)` }
  }
  return {
    says: `is later than ${today}`,
    condition: `$not($contains($string(${value}), /^([1-9]\\d{3}-|infinity)/) = true and $string(${value}) > '${today}')`,
  }
}

/** A flag with text values: `on` and `off`, `active` and `inactive`. */
function byText(value: string, { types }: PathInspection, whole: boolean): Omit<LockedOut, 'path'> | undefined {
  if (whole && !types.some(({ type }) => type === 'text')) return undefined
  return { says: 'means no', condition: `$not($tryBool(${value}) = false or ${isOneOf(NO_TEXTS, value)})` }
}

/**
 * Whether a text is one of these words, in any case and with any separator. Returns a boolean for
 * any value.
 */
function isOneOf(words: string, value: string): string {
  return `$contains($string(${value}), /^\\s*(${words.replaceAll(' ', '[-_ ]+')})\\s*$/i) = true`
}

/**
 * In tables of Drupal and others, most users have 1, and blocked users have 0. WordPress's
 * user_status is 0 for everyone.
 */
function byNumber(value: string, { values = [] }: PathInspection): Omit<LockedOut, 'path'> | undefined {
  const count = (wanted: string) => values.find((found) => found.value === wanted)?.count ?? 0
  const [on, off] = [count('1'), count('0')]
  if (values.length !== 2 || off === 0 || on < off) return undefined
  return { says: 'is 0', condition: `$not($tryBool(${value}) = false)` }
}

/**
 * Without listed values, for example because there are too few records, every known word counts.
 */
function byStatus(
  value: string,
  { values, types, filled }: PathInspection,
  whole: boolean,
): Omit<LockedOut, 'path'> | undefined {
  if (values === undefined || !whole) {
    if (filled > 0 && !types.some(({ type }) => type === 'text')) return undefined
    return { says: 'means that they cannot sign in', condition: `$not(${isOneOf(OUT_TEXTS, value)})` }
  }
  const out = values.map((found) => found.value).filter((word) => OUT_WORDS.test(wordsOf(word)))
  if (out.length === 0) return undefined
  const list = out.map((word) => `'${word}'`).join(', ')
  return { says: `is ${out.join(' or ')}`, condition: `$not(${value} in [${list}])` }
}
