import { expect, test } from 'vitest'
import { compile } from '../../src/expressions/expression.ts'

function readsOf(text: string): string[] {
  const compiled = compile(text)
  if (!compiled.ok) throw new Error(compiled.message)
  for (const { name, offset } of compiled.expression.reads) expect(text.slice(offset).startsWith(name)).toBe(true)
  return compiled.expression.reads.map(({ name, of }) => (of === 'record' ? `$record.${name}` : name))
}

test.each([
  ['mail', ['mail']],
  ['$lowercase($trim(mail)) & "@" & host', ['mail', 'host']],
  ['active = "true" and $record.plan = "pro"', ['active', '$record.plan']],
  ['roles[name = "x"].id', ['roles']],
  ['($n := name; $n & -age)', ['name', 'age']],
  ['{ "a": first, "b": [second] }', ['first', 'second']],
  ['mail ~> $trim', ['mail']],
  ['(first & last).length', ['first', 'last']],
  ['$map(teams, function($t) { other })', ['teams']],
  ['$.mail', []],
])('the members that an expression reads: %s', (text, reads) => {
  expect(readsOf(text)).toEqual(reads)
})

test.each([
  ['external_id ? external_id : id', ['id']],
  ['$exists(nick) ? nick : name', ['name']],
  ['name ?: nick', ['nick']],
  ['nick ?? name', ['name']],
])('a member that is tested first can be missing: %s', (text, reads) => {
  expect(readsOf(text)).toEqual(reads)
})
