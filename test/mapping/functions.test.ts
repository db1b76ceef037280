import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { expressionDocs } from '../../scripts/expression-docs.ts'
import { mappingFunctions } from '../../src/mapping/expression.ts'
import { evaluated } from './functions/evaluated.ts'

test.each([
  ['$slug(v)', ' Ämter & Co. ', 'amter-co'],
  ['$slug(v)', 12, '12'],
  ['$slug(v)', '株式会社', undefined],
  ['$slug(v)', undefined, undefined],
  ['$email(v)', ' Ada@Example.COM ', 'ada@example.com'],
  ['$email(v)', 'M\u00dcLLER@x.example', 'm\u00dcller@x.example'],
  ['$email(v)', 'MI\u212aE@x.example', 'mi\u212ae@x.example'],
  ['$email(v)', '  ', undefined],
  ['$email(v)', null, undefined],
  ['$email(v)', undefined, undefined],
  ['v.$email($)', ['A@x.example', 'B@x.example'], ['a@x.example', 'b@x.example']],
  ['$domain(v)', 'ada@B\u00dcCHER.Example', 'b\u00fccher.example'],
  ['$domain(v)', 'ada@xn--BCHER-kva.example', 'xn--bcher-kva.example'],
  ['$domain(v)', 'ada@\u212aelvin.example', undefined],
  ['$permissionSlug(v)', 'read:Invoices / all', 'read:invoices-all'],
  ['$permissionSlug(v)', undefined, undefined],
  ['$lowercase(v)', 'MI\u212aE \u00dcB', 'mi\u212ae \u00fcb'],
  ['$uppercase(v)', 'm\u0131ke stra\u00dfe \u00fcb', 'M\u0131KE STRA\u00dfE \u00dcB'],
  ['$bool(v)', 'Yes', true],
  ['$bool(v)', 'n', false],
  ['$bool(v)', '', undefined],
  ['$bool(v)', undefined, undefined],
  ['$parseJson(v)', '{"a":[1]}', { a: [1] }],
  ['$parseJson(v).a', '{"a":"x"}', 'x'],
  ['$parseJson(v).id', '{"id":12345678901234567890}', '12345678901234567890'],
  ['$parseJson(v)', '[1.0, 1e400, 1.5, -3]', ['1.0', '1e400', 1.5, -3]],
  ['$number($parseJson(v).n) + 1', '{"n":2.0}', 3],
  ['$parseJson(v)', '', undefined],
  ['$parseJson(v)', undefined, undefined],
  ['$parseJson(v)', { a: 1 }, { a: 1 }],
  ['$clerkPassword(v, "bcrypt")', '$2b$10$x', { hash: '$2b$10$x', type: 'bcrypt' }],
  ['$clerkPassword(v, "md5")', 'abc', { unsupported: 'md5' }],
  ['$clerkPassword(v, "")', '', undefined],
  ['$clerkPassword(v, w)', undefined, undefined],
  ['$clerkPassword(v, "")', '$2b$10$x', { hash: '$2b$10$x', type: 'bcrypt' }],
  ['$clerkPassword(v, "")', 'abc', { notHash: '3 characters: letters' }],
  ['$clerkPassword(v, "bcrypt")', '!', undefined],
  ['$passwordHash(v)', '!a1B2', undefined],
  ['$passwordHash(v)', { type: 'Buffer', data: [36, 80, 36, 66] }, { unsupported: 'phpass' }],
  ['$passwordHash(v)', 'two words', { notHash: '9 characters: letters and spaces' }],
  ['$scryptPassword({ "hash": v })', '$2b$10$x', { hash: '$2b$10$x', type: 'bcrypt' }],
  ['$pbkdf2Password({ "hash": v })', '$2b$10$x', { hash: '$2b$10$x', type: 'bcrypt' }],
  ['$clerkPassword(v, "bcrypt")', '', { hash: null, type: 'bcrypt' }],
])('%s of %j is %j', async (text, value, expected) => {
  expect(await evaluated(text, value)).toEqual(expected)
})

test('bad input fails with a message', async () => {
  await expect(evaluated('$bool(v)', 'perhaps')).rejects.toThrow('$bool(): "perhaps" is neither true nor false')
  await expect(evaluated('$email(v)', ['a@x.example'])).rejects.toThrow('$email(): expected the text of one address')
  await expect(evaluated('$parseJson(v)', '{"a":}')).rejects.toThrow('$parseJson(): not valid JSON: see character 6')
})

test('JSON text from the data is never executed', async () => {
  expect(await evaluated('$parseJson(v)', '"$sum([1,2])"')).toBe('$sum([1,2])')
})

test('the signature of every function begins with its name', () => {
  for (const { name, signature, does } of mappingFunctions) {
    expect(signature.startsWith(`$${name}(`)).toBe(true)
    expect(does.length).toBeGreaterThan(20)
  }
  const names = mappingFunctions.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test.each(
  mappingFunctions.map(({ example: [call, result] }) => [call, result]),
)('as documented, %s is %j', async (call, result) => {
  expect(await evaluated(String(call))).toEqual(result)
})

test('$pad within its limit does the same as JSONata', async () => {
  const { default: jsonata } = await import('jsonata')
  const { compileExpression } = await import('../../src/mapping/expression.ts')
  const padded = [
    '$pad("a😀", 6)',
    '$pad("abc", -6, "xy")',
    '$pad("abc", 8, "xyz")',
    '$pad("abc", 2)',
    '$pad("a", 3.7, "")',
    '$pad(missing, 5)',
  ]
  for (const text of [...padded, '"ctx".$pad(5, "#")']) {
    const compiled = compileExpression(text)
    if (!compiled.ok) throw new Error(compiled.message)
    expect(await compiled.expression.evaluate({}, {})).toEqual(await jsonata(text).evaluate({}))
  }
})

test('docs/reference/expressions.md matches the functions (npm run docs)', () => {
  expect(readFileSync('docs/reference/expressions.md', 'utf8')).toBe(expressionDocs())
})
