/**
 * Messages for JSONata's errors, at compilation or evaluation: what is wrong, with the value at
 * fault and without any value of the record, and what to do. No message is only a code.
 */

import { BadInput } from '../diagnostics/errors.ts'
import { isObject } from '../json.ts'

/** An error of an expression as text. */
export interface FailureWords {
  /** What is wrong; it can show a value of the record. */
  message: string
  /** The same without values of the record. */
  publicMessage: string
  /** What to do. */
  hint?: string
}

/**
 * What is wrong, and what to do. `{token}`, `{index}` and others are members of the error, from the
 * text of the expression.
 */
type Wording = readonly [what: string, right: string]

const GUARD = 'test the value first, as in $exists(field) ? … : …, or skip the record with when'
const ONE_TYPE = 'convert both sides to one type with $number() or $string()'
const PICTURE = 'see "picture string" in the documentation of $formatNumber() at docs.jsonata.org'
const DATE_PICTURE = 'see "date/time picture string" at docs.jsonata.org, or use $isoTime(), which reads common forms'
const NO_FUNCTION = 'check the spelling of the function; functions begin with $, as in $trim(name)'
const POSITIVE = 'use a number from 0 up, or omit the argument'
const URL_TEXT = 'clean the text first with $replace(): it has half of a surrogate pair or a broken % sequence'
const VARIABLE = 'write the name with a $, as in $name := …'

/** JSONata's error codes, from its own table in jsonata.js. */
const WORDINGS: Readonly<Record<string, Wording>> = {
  S0101: ['a text has no closing quote', 'close it with the same quote'],
  S0102: ['the number {token} is out of range', 'write a number that a double can represent, below 1.8e308'],
  S0103: [
    'the escape sequence \\{token} does not exist',
    'write \\\\ for a backslash; \\n, \\t, \\" and \\uXXXX are valid',
  ],
  S0104: ['an escape sequence \\u has fewer than 4 hex digits', 'write four, as in \\u00e9'],
  S0105: ['a name in backquotes has no closing backquote', 'close it with `, as in `first name`'],
  S0106: ['a comment is not closed', 'close it with */'],
  S0201: ['unexpected {token}', 'end the expression before it, or join both parts with an operator such as &'],
  S0202: ['expected {value}, not {token}', 'write {value}, or check the brackets before this place'],
  S0203: [
    '{value} is missing before the end of the expression',
    'add it: close brackets and conditions in the reverse order of opening',
  ],
  S0204: ['{token} is not an operator', 'use one of + - * / % & = != < <= > >= in and or'],
  S0205: ['unexpected {token}', 'check the operator or the bracket before it: a value might be missing'],
  S0206: ['{token} is not a valid expression', 'check the brackets and operators around it'],
  S0207: ['the expression ends too early', 'add the value that the last operator or bracket needs'],
  S0208: ['parameter {value} of a function is not a variable', 'write it with a $, as in function($x) { … }'],
  S0209: ['a filter [ … ] follows a grouping { … }', 'put the filter before the grouping'],
  S0210: ['a step has two groupings { … }', 'remove one of them, or put the first in brackets ( … )'],
  S0211: ['{token} needs a value before it', 'write a value to its left'],
  S0212: ['the text to the left of := is not a variable', VARIABLE],
  S0213: [
    'the value {value} cannot be a step of a path',
    'write a name; put a name with special characters in backquotes, as in `1st`',
  ],
  S0214: ['the text to the right of {token} is not a variable', VARIABLE],
  S0215: ['@ or # follows a filter', 'put the variable before the filter [ … ]'],
  S0216: ['@ or # follows an order ^( … )', 'put the variable before the order'],
  S0217: ['% goes above the record', 'use % only below a step, as in a.b.%'],
  S0301: ['a regular expression is empty', 'write a pattern between the slashes, as in /@/'],
  S0302: ['a regular expression has no closing /', 'end it with /, and write \\/ for a slash within it'],
  S0401: ['the signature of a function has type parameters in the wrong place', 'use them only with a<…> and f<…>'],
  S0402: ['the signature of a function has a choice with type parameters', 'remove the parameters'],
  S0500: ['the expression has a syntax error', 'correct the expression'],
  T0410: [
    'argument {index} of ${token}() has a type that the function does not accept',
    'convert it first, as in $string(value) or $number(value)',
  ],
  T0411: [
    'the value used for argument {index} of ${token}() has a type that the function does not accept',
    'write the argument, as in ${token}(value)',
  ],
  T0412: ['argument {index} of ${token}() is not a list of one type', 'use a list whose items are all {type}s'],
  T1003: ['the name of a member is not text', 'convert it to text with $string()'],
  T1005: ['{token} is called but is not a function', 'write ${token}: functions begin with $'],
  T1006: ['a value is called that is not a function', NO_FUNCTION],
  T1007: ['{token} is called with ? but is not a function', 'write ${token}: functions begin with $'],
  T1008: ['a value is called with ? that is not a function', NO_FUNCTION],
  T1010: ['the function that ${token}() uses as a pattern does not return a match', 'use a regular expression instead'],
  T2001: ['the left side of {token} is not a number', 'convert it with $number(), or use & to join texts'],
  T2002: ['the right side of {token} is not a number', 'convert it with $number(), or use & to join texts'],
  T2003: ['the left side of the range .. is not a whole number', 'use a whole number, as in [1..3]'],
  T2004: ['the right side of the range .. is not a whole number', 'use a whole number, as in [1..3]'],
  T2006: ['the value to the right of ~> is not a function', 'use a function, as in name ~> $trim'],
  T2007: ['^( … ) compares values of different types', 'convert them to one type with $number() or $string()'],
  T2008: ['^( … ) orders by a value that is neither a number nor text', 'order by a member that is a number or text'],
  T2009: ['{token} compares a number with text', ONE_TYPE],
  T2010: ['{token} compares a value that is neither a number nor text', `${ONE_TYPE}; = and != compare all values`],
  T2011: ['the update of a transform | … | is not an object', 'write { … } as its second part'],
  T2012: ['the deletion of a transform | … | is not text', 'write a name or a list of names as its third part'],
  T2013: ['a transform | … | cannot copy, because $clone is defined as something else', 'rename that variable'],
  D1001: ['a number is out of range', 'use numbers that a double can represent, below 1.8e308'],
  D1002: ['- precedes a value that is not a number', 'convert it with $number()'],
  D1004: ['a regular expression matches empty text', 'make it match at least one character: + instead of *'],
  D1009: ['two members of an object have the same name', 'use different names, or group the values'],
  D1011: [
    'the expression is nested too deeply: it calls itself without end',
    'end the recursion, or use $map(), $filter() or $reduce()',
  ],
  D1012: ['the expression ran out of time', 'look for a function that calls itself without end, or a very long list'],
  D1013: ['a member has a name that is reserved for expressions', 'use a name that does not begin with _jsonata_'],
  D2005: ['the text to the left of := is not a variable', VARIABLE],
  D2014: ['a range .. has more than ten million items', 'use smaller bounds'],
  D2015: ['a list has too many items', 'filter before you build the list'],
  D3001: ['a number that is infinite or not a number cannot become text', 'avoid dividing by 0'],
  D3010: ['$replace() has an empty pattern', 'write the text or the pattern to replace'],
  D3011: ['the fourth argument of $replace() is not a number from 0 up', POSITIVE],
  D3012: ['the function in $replace() does not return text', 'convert its result with $string()'],
  D3020: ['the third argument of $split() is not a number from 0 up', POSITIVE],
  D3030: [
    'the argument of $number() is not a number',
    'test it first, as in $match(x, /^[0-9]+$/) ? $number(x), or map the text itself',
  ],
  D3040: ['the third argument of $match() is not a number from 0 up', POSITIVE],
  D3050: ['the function in $reduce() has fewer than two parameters', 'use two, as in function($sum, $x) { $sum + $x }'],
  D3060: ['the argument of $sqrt() is negative', GUARD],
  D3061: ['the result of $power() is out of range', 'use a smaller base or exponent'],
  D3070: [
    'the list in $sort() has values other than numbers or text',
    'add a second argument, as in $sort(list, function($a, $b) { $a.name > $b.name })',
  ],
  D3080: ['the picture of $formatNumber() has more than two parts', PICTURE],
  D3081: ['the picture of $formatNumber() has two decimal points', PICTURE],
  D3082: ['the picture of $formatNumber() has two percent signs', PICTURE],
  D3083: ['the picture of $formatNumber() has two per-mille signs', PICTURE],
  D3084: ['the picture of $formatNumber() has a percent and a per-mille sign', PICTURE],
  D3085: ['the picture of $formatNumber() has no digit', PICTURE],
  D3086: ['the picture of $formatNumber() has text between its digits', PICTURE],
  D3087: ['the picture of $formatNumber() has a grouping mark next to the decimal point', PICTURE],
  D3088: ['the picture of $formatNumber() has a grouping mark at the end of its integer part', PICTURE],
  D3089: ['the picture of $formatNumber() has two grouping marks in a row', PICTURE],
  D3090: ['the picture of $formatNumber() has # after 0 in its integer part', PICTURE],
  D3091: ['the picture of $formatNumber() has 0 after # in its fraction', PICTURE],
  D3092: ['the picture of $formatNumber() has a percent sign and an exponent', PICTURE],
  D3093: ['the exponent in the picture of $formatNumber() has characters other than digits', PICTURE],
  D3100: ['the base of $formatBase() is not between 2 and 36', 'use a base from 2 to 36'],
  D3110: [
    'the argument of $toMillis() is not an ISO 8601 time',
    'add its picture as a second argument, or use $isoTime(), which reads common forms',
  ],
  D3120: ['the text in $eval() is not an expression', 'parse JSON text with $parseJson()'],
  D3121: ['the expression in $eval() fails', 'parse JSON text with $parseJson()'],
  D3130: [
    'a number cannot be written or read in the form of its picture',
    'use a picture that begins with 0, 1, A, a, I, i or w',
  ],
  D3131: ['a picture of digits mixes digits of several scripts', 'write all its digits in one script'],
  D3132: ['a picture of a time has an unknown part', DATE_PICTURE],
  D3133: [
    'a picture of a time uses the name of a part that has no name',
    'use names only for months and days, as in [MNn]',
  ],
  D3134: ['the time zone in a picture of a time has more than four digits', DATE_PICTURE],
  D3135: ['a picture of a time has no closing ]', 'close each part with ], as in [Y0001]-[M01]-[D01]'],
  D3136: [
    'a picture of a time has too few parts for a time',
    'add the year, the month and the day, as in [Y0001]-[M01]-[D01]',
  ],
  D3137: ['the expression calls $error()', 'correct the record, or skip it with when'],
  D3138: ['$single() found more than one item', 'narrow its condition, or take the first with [0]'],
  D3139: ['$single() found no item', GUARD],
  D3140: ['the text in ${functionName}() cannot be part of a URL', URL_TEXT],
  D3141: ['an $assert() of the expression failed', 'correct the record, or skip it with when'],
}

/** Codes whose message comes from the expression: the text of `$error()` and `$assert()`. */
const OWN_WORDS: ReadonlySet<string> = new Set(['D3137', 'D3141'])

/** Codes whose value repeats the message, or comes from the expression. */
const VALUE_SAID: ReadonlySet<string> = new Set(['D1011', 'D1012', 'D3100', 'D3120', 'D3121'])

/** Characters of a value that a message shows. */
const SHOWN = 60

/** The error of an expression as text. */
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

const NOT_ACCEPTED = 'a function of the expression rejects a value of the record'

/** JSONata's code of an error. */
export function codeOf(error: unknown): string | undefined {
  return isObject(error) && typeof error.code === 'string' ? error.code : undefined
}

/** The codes that have messages. */
export const wordedCodes: readonly string[] = Object.keys(WORDINGS)

/** Fills in the members of the error that come from the expression. */
function filled(text: string, error: Readonly<Record<string, unknown>>): string {
  return text.replace(/(\$)?\{(token|value|index|type|functionName)\}(\(\))?/g, (_, dollar = '', name, call = '') => {
    const member = error[name]
    if (member === '(end)') return 'the end of the expression'
    if (typeof member === 'string' || typeof member === 'number') return `${dollar}${member}${call}`
    return dollar === '' ? 'something' : 'a function'
  })
}

/** The value at fault, if there is one: for a syntax error the message contains it. */
function valueIn(code: string, { value }: Readonly<Record<string, unknown>>): string {
  if (value === undefined || code.startsWith('S') || VALUE_SAID.has(code)) return ''
  if (typeof value === 'function' || (isObject(value) && value._jsonata_function === true)) return ': a function'
  const text = JSON.stringify(value) ?? ''
  return `: ${text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text}`
}
