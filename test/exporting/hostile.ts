import fc from 'fast-check'

/** Keys from a source that could break out of an SQL literal. */

const NASTY = [
  "'; drop table people; --",
  "\\'; drop table people; -- ",
  '\\',
  "\\\\'",
  "''",
  '$$',
  '$x$ $x$',
  '{{ key }}',
  ':key',
  '/* */',
  '*/',
  '# ',
  '%s',
  '\n\\! echo\n',
  '\r\n.shell echo\r\n',
  '\ndelimiter x\n',
  '\u0001\u001b[31m',
  '\u0085\u2028',
  'é',
  'e\u0301',
  '\u202e',
  '💥',
  'ſ',
  'Ada',
  'ada',
  'ADA',
  'ada ',
  ' ada',
  '042',
  '42',
  '"`[x]`"',
  "E'\\x41'",
  'NULL',
  '\ufeff',
  '\u{10ffff}',
]

/** Generates hostile text, any other text, and combinations. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY, "'", '"', '`', '\\', ';', '\n', '\t', '%', '_', '-', ' '),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join('').toWellFormed())

/** Lists of distinct keys that always include the hostile ones. */
export const hostileKeys = fc.uniqueArray(text, { maxLength: 40 }).map((keys) => [...new Set([...NASTY, ...keys])])
