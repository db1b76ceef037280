import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { BadInput } from '../../src/diagnostics/errors.ts'
import { ExpressionFailure } from '../../src/expressions/expression.ts'
import { wordedCodes, wordsOf } from '../../src/expressions/failures.ts'
import type { JsonObject } from '../../src/json.ts'
import { compileExpression } from '../../src/mapping/expression.ts'

const CODE = /\b[DSTU]\d{4}\b|JSONata/

/** Codes in JSONata's own table of messages. */
async function codesOfJsonata(): Promise<string[]> {
  const source = await readFile(new URL('../../node_modules/jsonata/jsonata.js', import.meta.url), 'utf8')
  return [...source.matchAll(/^\s*"([DST]\d{4})": "/gm)].flatMap(([, code]) => code ?? [])
}

async function failureOf(text: string, data: JsonObject): Promise<ExpressionFailure> {
  const compiled = compileExpression(text)
  if (!compiled.ok) throw new Error(compiled.message)
  try {
    await compiled.expression.evaluate(data, data)
  } catch (error) {
    if (error instanceof ExpressionFailure) return error
    throw error
  }
  throw new Error(`${text} does not fail`)
}

test('every code of the installed JSONata has a message, and no message has another code', async () => {
  const codes = await codesOfJsonata()
  expect(codes.length).toBeGreaterThan(90)
  expect([...wordedCodes].sort()).toEqual([...codes].sort())
})

test('each message says what is wrong and what to do, without a code', () => {
  for (const code of wordedCodes) {
    for (const error of [{ code }, { code, token: 'trim', index: 2, type: 'string', value: 'x', functionName: 'y' }]) {
      const { message, publicMessage, hint } = wordsOf(error)
      for (const text of [message, publicMessage, hint]) {
        expect(text).toMatch(/\w+ \w+/)
        expect(text).not.toMatch(CODE)
        expect(text).not.toMatch(/[{][a-z]+[}]|undefined|\.$/)
      }
      expect(hint).not.toBe(publicMessage)
    }
  }
})

describe('an expression that fails on a record', () => {
  test.each([
    ['$number(a)', { a: 'secret-1' }, /the argument of \$number\(\) is not a number/, /test it first/],
    ['a + 1', { a: 'secret-1' }, /the left side of \+ is not a number/, /\$number\(\)/],
    ['$sum(a)', { a: ['secret-1'] }, /argument 1 of \$sum\(\)/, /number/],
    ['$trim(a)', { a: { b: 'secret-1' } }, /argument 1 of \$trim\(\)/, /\$string\(value\)/],
    ['a < b', { a: 'secret-1', b: 1 }, /< compares a number with text/, /one type/],
    ['$toMillis(a)', { a: 'secret-1' }, /not an ISO 8601 time/, /\$isoTime/],
    ['$single(a, function($x) { $x = 1 })', { a: ['secret-1'] }, /\$single\(\) found no item/, /\$exists/],
    ['{a: 1, "secret-1": 2}', { a: 'secret-1' }, /two members of an object have the same name/, /different/],
    ['$error(a)', { a: 'secret-1' }, /the expression calls \$error\(\)/, /correct the record/],
    ['$bool(a)', { a: 'secret-1' }, /a function of the expression rejects a value/, /\$exists/],
    ['$isoTime(a)', { a: 'secret-1' }, /a function of the expression rejects a value/, /\$exists/],
    ['a.b(1)', { a: { b: 'secret-1' } }, /is called/, /function/],
  ])('%s is reported as text, with its value and without', async (text, data, says, right) => {
    const { message, publicMessage, hint } = await failureOf(text, data)
    expect(publicMessage).toMatch(says)
    expect(`${publicMessage} ${hint}`).not.toContain('secret-1')
    expect(hint).toMatch(right)
    expect(message).not.toMatch(CODE)
    expect(publicMessage).not.toMatch(CODE)
  })

  test('shows a shortened value in the message for fields that are not secret', async () => {
    expect((await failureOf('$number(a)', { a: 'x' })).message).toMatch(/is not a number: "x"$/)
    expect((await failureOf('$number(a)', { a: 'x'.repeat(200) })).message).toMatch(/x…$/)
    expect((await failureOf('$error("no name")', {})).message).toBe('no name')
  })
})

test.each([
  ['$uppercase(name', /\) is missing before the end/, /add it/],
  ['a b', /unexpected b/, /&/],
  ['"abc', /no closing quote/, /quote/],
  ['a +', /the expression ends too early|unexpected/, /value/],
  ['(a', /\) is missing/, /add it/],
  ['/a', /no closing \//, /end it with \//],
  ['[1, 2', /\] is missing/, /add it/],
  ['a := 1', /left of := is not a variable/, /\$name :=/],
])('%s does not compile, and the message has no code', (text, says, right) => {
  const compiled = compileExpression(text)
  if (compiled.ok) throw new Error('compiles')
  expect(compiled.message).toMatch(says)
  expect(compiled.hint).toMatch(right)
  expect(`${compiled.message} ${compiled.hint}`).not.toMatch(CODE)
})

test('an unknown error is reported as text too', () => {
  expect(wordsOf(new BadInput('$slug(): text is expected'))).toEqual({
    message: '$slug(): text is expected',
    publicMessage: '$slug(): text is expected',
    hint: expect.stringContaining('test the value first'),
  })
  for (const error of [{ code: 'Z9999' }, { code: 'Z9999', message: 'Z9999' }, new Error(''), 'text', undefined]) {
    expect(wordsOf(error).message).toMatch(/^a function of the expression rejects/)
  }
  expect(wordsOf(new RangeError('Maximum call stack size exceeded')).message).toMatch(/nested too deeply/)
})
