/**
 * What JSONata's errors mean. In: what an expression threw, as it was compiled or as it ran. Out:
 * what is wrong, once with the value at fault and once without any value of a record, and what
 * would be right. A code alone is never said.
 */

import { BadInput } from '../diagnostics/errors.ts'
import { isObject } from '../json.ts'

/** An error of an expression in words. */
export interface FailureWords {
  /** What is wrong. It may show a value of the record. */
  message: string
  /** The same without any value of the record. */
  publicMessage: string
  /** What would be right. */
  hint?: string
}

/**
 * What is wrong and what would be right. `{token}`, `{index}` and the like are members of the error
 * that the expression's own text gives.
 */
type Wording = readonly [what: string, right: string]

const GUARD = 'test the value first, as in $exists(field) ? … : …, or leave the record out with when'
const ONE_TYPE = 'make both sides one type with $number() or $string()'
const PICTURE = 'see "picture string" in the documentation of $formatNumber() at docs.jsonata.org'
const DATE_PICTURE = 'see "date/time picture string" at docs.jsonata.org, or use $isoTime(), which reads common forms'
const NO_FUNCTION = 'check how the function is spelt; functions begin with $, as in $trim(name)'
const POSITIVE = 'give a number from 0, or leave the argument out'
const URL_TEXT = 'the text has half of a surrogate pair or a broken % sequence: clean it first with $replace()'
const VARIABLE = 'write the name with a $, as in $name := …'

/** JSONata's error codes, from its own table in jsonata.js. */
const WORDINGS: Readonly<Record<string, Wording>> = {
  S0101: ['a text has no closing quote', 'end it with the quote that it begins with'],
  S0102: ['the number {token} is out of range', 'write a number that a double can hold, below 1.8e308'],
  S0103: [
    'the escape sequence \\{token} does not exist',
    'write \\\\ for a backslash; \\n, \\t, \\" and \\uXXXX are known',
  ],
  S0104: ['an escape sequence \\u has fewer than 4 hex digits', 'write four, as in \\u00e9'],
  S0105: ['a name in backquotes has no closing backquote', 'end it with `, as in `first name`'],
  S0106: ['a comment has no end', 'end it with */'],
  S0201: [
    '{token} is not expected here',
    'end the expression before it, or join both parts with an operator such as &',
  ],
  S0202: ['{value} is expected here, not {token}', 'write {value}, or check the brackets before this place'],
  S0203: [
    '{value} is missing before the end of the expression',
    'add it: brackets and conditions are closed in the order they are opened in',
  ],
  S0204: ['{token} is no operator', 'operators are + - * / % & = != < <= > >= in and or'],
  S0205: ['{token} is not expected here', 'check the operator or the bracket before it: a value may be missing'],
  S0206: ['{token} is no kind of expression', 'check the brackets and operators around it'],
  S0207: ['the end of the expression comes too early', 'add the value that the last operator or bracket needs'],
  S0208: ['parameter {value} of a function is no variable', 'write it with a $, as in function($x) { … }'],
  S0209: ['a filter [ … ] follows a grouping { … }', 'put the filter before the grouping'],
  S0210: ['a step has two groupings { … }', 'leave one of them, or put the first in brackets ( … )'],
  S0211: ['{token} needs a value before it', 'write the value to its left'],
  S0212: ['what is to the left of := is no variable', VARIABLE],
  S0213: [
    'the value {value} cannot be a step of a path',
    'write a name; a name with odd characters has backquotes, as in `1st`',
  ],
  S0214: ['what is to the right of {token} is no variable', VARIABLE],
  S0215: ['@ or # follows a filter', 'put the variable before the filter [ … ]'],
  S0216: ['@ or # follows an order ^( … )', 'put the variable before the order'],
  S0217: ['% leads above the record', 'use % only below a step, as in a.b.%'],
  S0301: ['a regular expression is empty', 'write a pattern between the slashes, as in /@/'],
  S0302: ['a regular expression has no closing /', 'end it with /, and write \\/ for a slash within it'],
  S0401: ['the signature of a function has type parameters where none may be', 'give them to a<…> and f<…> alone'],
  S0402: ['the signature of a function has a choice with type parameters', 'leave the parameters out'],
  S0500: ['the expression has a syntax error', 'correct the expression'],
  T0410: [
    'argument {index} of ${token}() is of a type that the function does not take',
    'convert it first, as in $string(value) or $number(value)',
  ],
  T0411: [
    'the value that stands for argument {index} of ${token}() is of a type that the function does not take',
    'give the argument, as in ${token}(value)',
  ],
  T0412: ['argument {index} of ${token}() is no list of one type', 'give a list whose items are all {type}s'],
  T1003: ['the name of a member is no text', 'make it text with $string()'],
  T1005: ['{token} is called and is no function', 'write ${token}: functions begin with $'],
  T1006: ['something is called that is no function', NO_FUNCTION],
  T1007: ['{token} is called with ? and is no function', 'write ${token}: functions begin with $'],
  T1008: ['something is called with ? that is no function', NO_FUNCTION],
  T1010: [
    'the function that ${token}() matches with does not answer as a matcher does',
    'give a regular expression in place of it',
  ],
  T2001: ['the left side of {token} is no number', 'make it one with $number(), or use & to join texts'],
  T2002: ['the right side of {token} is no number', 'make it one with $number(), or use & to join texts'],
  T2003: ['the left side of the range .. is no whole number', 'give a whole number, as in [1..3]'],
  T2004: ['the right side of the range .. is no whole number', 'give a whole number, as in [1..3]'],
  T2006: ['what is to the right of ~> is no function', 'give a function, as in name ~> $trim'],
  T2007: ['^( … ) compares values of different types', 'make them one type with $number() or $string()'],
  T2008: ['^( … ) orders by something that is neither a number nor text', 'order by a member that is a number or text'],
  T2009: ['{token} compares a number with a text', ONE_TYPE],
  T2010: ['{token} compares something that is neither a number nor text', `${ONE_TYPE}; = and != compare everything`],
  T2011: ['the update of a transform | … | is no object', 'write { … } as its second part'],
  T2012: ['the deletion of a transform | … | is no text', 'write a name or a list of names as its third part'],
  T2013: ['a transform | … | cannot copy, since $clone is bound to something else', 'give that variable another name'],
  D1001: ['a number is out of range', 'keep to numbers that a double can hold, below 1.8e308'],
  D1002: ['- stands before something that is no number', 'make it one with $number()'],
  D1004: ['a regular expression matches nothing at all', 'let it match one character at least: + in place of *'],
  D1009: ['two members of an object get one name', 'make the names different, or group the values'],
  D1011: [
    'the expression is nested too deeply: it calls itself without end',
    'give the function an end, or use $map(), $filter() or $reduce()',
  ],
  D1012: ['the expression ran out of time', 'look for a function that calls itself without end, or a very long list'],
  D1013: ['a member has a name that expressions keep to themselves', 'give it one that does not begin with _jsonata_'],
  D2005: ['what is to the left of := is no variable', VARIABLE],
  D2014: ['a range .. has more than ten million items', 'give it smaller bounds'],
  D2015: ['a list has too many items', 'filter before you build the list'],
  D3001: ['text is made of a number that is infinite or none', 'avoid dividing by 0'],
  D3010: ['$replace() is to replace an empty text', 'give the text or the pattern to be replaced'],
  D3011: ['the fourth argument of $replace() is no number from 0', POSITIVE],
  D3012: ['the function that $replace() calls does not yield text', 'make what it yields text with $string()'],
  D3020: ['the third argument of $split() is no number from 0', POSITIVE],
  D3030: [
    '$number() is given something that is no number',
    'test it first, as in $match(x, /^[0-9]+$/) ? $number(x), or map the text itself',
  ],
  D3040: ['the third argument of $match() is no number from 0', POSITIVE],
  D3050: [
    'the function that $reduce() calls takes fewer than two arguments',
    'give it two, as in function($sum, $x) { $sum + $x }',
  ],
  D3060: ['$sqrt() is given a negative number', GUARD],
  D3061: ['$power() yields a number that is out of range', 'give a smaller base or exponent'],
  D3070: [
    '$sort() is given a list of more than numbers or texts',
    'give a second argument, as in $sort(list, function($a, $b) { $a.name > $b.name })',
  ],
  D3080: ['the picture of $formatNumber() has more than two parts', PICTURE],
  D3081: ['the picture of $formatNumber() has two decimal points', PICTURE],
  D3082: ['the picture of $formatNumber() has two percent signs', PICTURE],
  D3083: ['the picture of $formatNumber() has two per-mille signs', PICTURE],
  D3084: ['the picture of $formatNumber() has a percent and a per-mille sign', PICTURE],
  D3085: ['the picture of $formatNumber() has no digit', PICTURE],
  D3086: ['the picture of $formatNumber() has text between its digits', PICTURE],
  D3087: ['the picture of $formatNumber() has a grouping mark beside the decimal point', PICTURE],
  D3088: ['the picture of $formatNumber() has a grouping mark at the end of its whole part', PICTURE],
  D3089: ['the picture of $formatNumber() has two grouping marks in a row', PICTURE],
  D3090: ['the picture of $formatNumber() has # after 0 in its whole part', PICTURE],
  D3091: ['the picture of $formatNumber() has 0 after # in its fraction', PICTURE],
  D3092: ['the picture of $formatNumber() has a percent sign and an exponent', PICTURE],
  D3093: ['the exponent in the picture of $formatNumber() has more than digits', PICTURE],
  D3100: ['the base of $formatBase() is not between 2 and 36', 'give a base between 2 and 36'],
  D3110: [
    '$toMillis() is given something that is no time in ISO 8601',
    'give its picture as a second argument, or use $isoTime(), which reads common forms',
  ],
  D3120: ['$eval() is given text that is no expression', 'read JSON text with $parseJson()'],
  D3121: ['$eval() is given an expression that fails', 'read JSON text with $parseJson()'],
  D3130: [
    'a number cannot be written or read in the form that its picture asks for',
    'use a picture that begins with 0, 1, A, a, I, i or w',
  ],
  D3131: ['a picture of digits mixes digits of several scripts', 'write all of its digits in one script'],
  D3132: ['a picture of a time has an unknown part', DATE_PICTURE],
  D3133: [
    'a picture of a time asks for the name of a part that has none',
    'ask for names of months and days alone, as in [MNn]',
  ],
  D3134: ['the time zone in a picture of a time has more than four digits', DATE_PICTURE],
  D3135: ['a picture of a time has no closing ]', 'end each part with ], as in [Y0001]-[M01]-[D01]'],
  D3136: [
    'a picture of a time has too few parts to tell the time',
    'name the year, the month and the day, as in [Y0001]-[M01]-[D01]',
  ],
  D3137: ['the expression calls $error()', 'correct the record, or leave it out with when'],
  D3138: ['$single() finds more than one', 'narrow its condition, or take the first with [0]'],
  D3139: ['$single() finds nothing', GUARD],
  D3140: ['${functionName}() is given text that cannot be in a URL', URL_TEXT],
  D3141: ['an $assert() of the expression does not hold', 'correct the record, or leave it out with when'],
}

/** Codes whose message is the expression's own: what `$error()` and `$assert()` are given. */
const OWN_WORDS: ReadonlySet<string> = new Set(['D3137', 'D3141'])

/** Codes whose value is no more than the words say, or stands in the expression. */
const VALUE_SAID: ReadonlySet<string> = new Set(['D1011', 'D1012', 'D3100', 'D3120', 'D3121'])

/** Characters of a value that a message shows. */
const SHOWN = 60

/** What an expression threw, in words. */
export function wordsOf(error: unknown): FailureWords {
  if (error instanceof BadInput) return { message: error.message, publicMessage: error.message, hint: GUARD }
  const said = isObject(error) && typeof error.message === 'string' ? error.message : ''
  const code = codeOf(error)
  const wording = code === undefined ? undefined : WORDINGS[code]
  if (code === undefined || wording === undefined || !isObject(error)) {
    if (error instanceof RangeError && /call stack/i.test(said)) return wordsOf({ code: 'D1011' })
    return {
      message: said === '' || said === code ? NOT_ACCEPTED : said,
      publicMessage: NOT_ACCEPTED,
      hint: GUARD,
    }
  }
  const [what, right] = wording.map((text) => filled(text, error))
  const publicMessage = what ?? NOT_ACCEPTED
  const message = OWN_WORDS.has(code) && said !== '' ? said : `${publicMessage}${valueIn(code, error)}`
  return { message, publicMessage, hint: right }
}

const NOT_ACCEPTED = 'a function of the expression does not accept a value of the record'

/** JSONata's code of an error. */
export function codeOf(error: unknown): string | undefined {
  return isObject(error) && typeof error.code === 'string' ? error.code : undefined
}

/** The codes that there are words for. */
export const wordedCodes: readonly string[] = Object.keys(WORDINGS)

/** Members of the error that come from the text of the expression. */
function filled(text: string, error: Readonly<Record<string, unknown>>): string {
  return text.replace(/(\$)?\{(token|value|index|type|functionName)\}(\(\))?/g, (_, dollar = '', name, call = '') => {
    const member = error[name]
    if (member === '(end)') return 'the end of the expression'
    if (typeof member === 'string' || typeof member === 'number') return `${dollar}${member}${call}`
    return dollar === '' ? 'something' : 'a function'
  })
}

/** The value at fault, as far as there is one: of an error of syntax it is a part of the words. */
function valueIn(code: string, { value }: Readonly<Record<string, unknown>>): string {
  if (value === undefined || code.startsWith('S') || VALUE_SAID.has(code)) return ''
  if (typeof value === 'function' || (isObject(value) && value._jsonata_function === true)) return ': a function'
  const text = JSON.stringify(value) ?? ''
  return `: ${text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text}`
}
