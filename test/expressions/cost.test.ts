import { expect, test } from 'vitest'
import { compileExpression } from '../../src/mapping/expression.ts'

function boundOf(text: string): number {
  const compiled = compileExpression(text)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.expression.boundedLength
}

test.each([
  'email',
  "first_name & ' ' & last_name",
  '$lowercase($trim(email))',
  'orgs[role = "admin"].id',
  '$split(emails, /[|,;]/)',
  'roles ~> $map(function($name) { $substring($lowercase($name), 0, 48) })',
  '($id := function($name) { $lookup(metadata, $name) }; $id("a") & $id("b"))',
  "'..'",
])('%s ends on any record of an ordinary size', (text) => {
  expect(boundOf(text)).toBe(65_536)
})

test.each([
  ['[1..n]', 'a range'],
  ['($double := function($x) { $double($append($x, $x)) }; $double(email))', 'a function that calls itself'],
  ['($call := function($f) { $map([1], $f) }; $call($call))', 'a function that is handed to itself'],
  ['(function($f) { $f($f) })(function($f) { $f($f) })', 'a parameter that is called'],
  ['$reduce(list, function($a, $b) { $append($a, $a) })', 'what grows with each item'],
  ['$match(email, /^(a+)+$/)', 'a repetition in a repetition'],
  ['$match(email, /^(a|aa){2,}$/)', 'a repetition of alternatives'],
  ['$split(email, /(a*)*/)', 'a repetition of what may be empty'],
])('%s might not end: %s', (text) => {
  expect(boundOf(text)).toBe(0)
})

test('the more repetitions a regular expression has, the shorter the text on which it is sure to end', () => {
  expect(boundOf('$match(email, /a+b/)')).toBe(31_622)
  expect(boundOf('$match(email, /a*b*c/)')).toBe(999)
  expect(boundOf('$match(email, /a*b*c{2,}d/)')).toBe(177)
  expect(boundOf('$match(email, /\\*[*+]\\+/)'), 'escaped, and in a class').toBe(65_536)
  expect(boundOf('$match(email, /(a)b*\\1c/)'), 'a reference to what was matched').toBe(999)
})
