import fc from 'fast-check'

/** Keys that a source may have and that SQL could take for more than text. */

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

/** Pieces of such text, of any other, and of both in a row. */
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

/** Lists of keys, none twice, always with all that is known to be nasty. */
export const hostileKeys = fc.uniqueArray(text, { maxLength: 40 }).map((keys) => [...new Set([...NASTY, ...keys])])
