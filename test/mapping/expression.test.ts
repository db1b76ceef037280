import fc from 'fast-check'
import jsonata from 'jsonata'
import { describe, expect, test } from 'vitest'
import { type CompiledExpression, ExpressionFailure } from '../../src/expressions/expression.ts'
import { isTruthy, toPlain } from '../../src/expressions/plain.ts'
import { canonicalJson, type Json, type JsonObject } from '../../src/json.ts'
import { compileExpression } from '../../src/mapping/expression.ts'

function compiled(text: string, bounds?: { stack: number; timeout: number }): CompiledExpression {
  const compilation = compileExpression(text, bounds)
  if (!compilation.ok) throw new Error(compilation.message)
  return compilation.expression
}

/** Through JSON, which removes prototypes and the flags of sequences. */
async function evaluated(text: string, item: Json, record: JsonObject = {}): Promise<unknown> {
  const value = await compiled(text).evaluate(item, record)
  return value === undefined ? undefined : JSON.parse(canonicalJson(value))
}

describe('expressions', () => {
  test.each([
    ['id', 'u1'],
    ['a.b', 2],
    ['missing', undefined],
    ['a.missing.deeper', undefined],
    ['list', [1, 2]],
    ['list.x', undefined],
    ['rows.n', [1, 2]],
    ['rows[1].n', 2],
    ['rows[n=1].n', 1],
    ['$record.id', 'whole'],
    ['$record.missing', undefined],
    ['"text"', 'text'],
    ['5', 5],
    ['null', null],
    ['true', true],
    ['$uppercase(id)', 'U1'],
    ['{ "k": id }', { k: 'u1' }],
    ['$map(rows, function($row) { $row.n + 1 })', [2, 3]],
    ['($x := id; $x & "!")', 'u1!'],
    ['rows@$r.($r.n)', [1, 2]],
    ['rows#$i.{ "i": $i }', [{ i: 0 }, { i: 1 }]],
    ['rows[0].%.id', 'u1'],
    ['`with space`', 'here'],
  ])('%s returns %j', async (text, expected) => {
    const item = { id: 'u1', a: { b: 2 }, list: [1, 2], rows: [{ n: 1 }, { n: 2 }], 'with space': 'here' }
    expect(await evaluated(text, item, { id: 'whole' })).toEqual(expected)
  })

  test.each([
    ['$lowercase(', 11],
    ['a b', 2],
    ['"open', 5],
    ['a + ', 4],
    ['  ', 0],
  ])('%s does not compile, and its position is reported', (text, position) => {
    expect(compileExpression(text)).toMatchObject({ ok: false, position })
  })

  test.each([
    ['$eval(secret)', 0, /not available/, /\$parseJson/],
    ['($f := $eval; $f("1"))', 7, /not available/, /\$parseJson/],
    ['$trim($lowercas(email))', 6, /\$lowercas/, /\$lowercase/],
    ['$recrod.id', 0, /\$recrod/, /\$record/],
    ['email & $unknownThing', 8, /\$unknownThing/, /define it first/],
  ])('%s is rejected before it runs', (text, position, message, hint) => {
    const compilation = compileExpression(text)
    expect(compilation).toMatchObject({ ok: false, position })
    expect(!compilation.ok && compilation.message).toMatch(message)
    expect(!compilation.ok && compilation.hint).toMatch(hint)
  })

  test('every function of the installed JSONata except $eval is known', async () => {
    const { readFile } = await import('node:fs/promises')
    const source = await readFile(new URL('../../node_modules/jsonata/jsonata.js', import.meta.url), 'utf8')
    const names = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)', defineFunction/g)].map(
      (found) => found[1],
    )
    expect(names.length).toBeGreaterThan(60)
    expect(names.filter((name) => !compileExpression(`$${name}`).ok)).toEqual(['eval'])
  })

  test('a result that is not data is rejected', async () => {
    for (const text of ['$lowercase', 'function($x) { $x }', '[1, $trim]', '{ "a": $sum }', '/a/']) {
      await expect(evaluated(text, {})).rejects.toThrow(/returns a function/)
    }
  })

  test('an endless expression is stopped, and no longer evaluated after several records', async () => {
    const endless = compiled('($f := function($n) { $f($n + 1) }; $f(1))', { stack: 500, timeout: 20 })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(endless.evaluate({}, {})).rejects.toThrow(/out of time/)
    }
    await expect(endless.evaluate({}, {})).rejects.toThrow(/not evaluated/)
  })

  test('an endlessly nested expression is stopped', async () => {
    const failure = await Promise.resolve(
      compiled('($f := function($n) { 1 + $f($n) }; $f(1))').evaluate({}, {}),
    ).catch((error) => error)
    expect(failure).toBeInstanceOf(ExpressionFailure)
    expect(failure.message).toMatch(/nested too deeply/)
  })

  test('functions with a different result on every call are known', () => {
    expect(compiled('$now()').unstable).toEqual([{ name: 'now', offset: 0 }])
    expect(compiled('id & $string($random())').unstable).toEqual([{ name: 'random', offset: 13 }])
    expect(compiled('$lowercase(email)').unstable).toEqual([])
  })
})

test('closures for plain expressions return the same as JSONata', async () => {
  const data = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(null, 0, 1.5, '', 'x', true, false),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'toString'), tie('value'), { maxKeys: 3 }),
    ),
  })).value
  const name = fc.constantFrom('`a`', '`b`', '`toString`', '`__proto__`')
  const expressions = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 3 },
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.')),
      fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => `$record.${names.join('.')}`),
      fc.constantFrom('"text"', '""', '7', 'null', 'true', 'false'),
      fc.tuple(tie('text'), tie('text'), tie('text')).map(([test, met, unmet]) => `(${test}) ? ${met} : (${unmet})`),
      fc.tuple(tie('text'), tie('text')).map(([test, met]) => `(${test}) ? (${met})`),
      fc.tuple(tie('text'), tie('text')).map(([left, right]) => `(${left}) & (${right})`),
      fc.tuple(tie('text'), tie('text')).map(([left, right]) => `(${left}) = (${right})`),
    ),
  })).text
  await fc.assert(
    fc.asyncProperty(expressions, data, async (text, item) => {
      const expression = jsonata(text)
      expect(compiled(text).verbatim).toBe(true)
      const record = { a: item }
      const expected = toPlain(await expression.evaluate(item, { record }))
      const actual = await compiled(text).evaluate(item, record)
      expect(json(actual)).toBe(json(expected))
    }),
    { numRuns: 500 },
  )
})

test.each([
  'a[0]',
  'a[]',
  'a[b = 1]',
  '$$.a',
  '$.a',
  'a.*',
  'a@$x.b',
  'a^(b)',
  'a{b: c}',
  '(a; b)',
  'a != b',
  'a.b.%',
  '[a]',
  '-a',
])('%s does not return values unchanged', (text) => {
  expect(compiled(text).verbatim).toBe(false)
})

test.each([
  ['$record.a', true],
  ['$record.a = true ? false : true', true],
  ["'x' & $record.a", true],
  ['a', false],
  ['$record.a & b', false],
  ['$record.a[0]', false],
  ['$not($record.a)', false],
])('%s depends only on the record: %s', (text, expected) => {
  expect(compiled(text).ofRecord).toBe(expected)
})

test.each([
  ['a[b = 1].c', true],
  ['a[$not($exists(b)) or $record.c in $vars.d]', true],
  ['a[$slug(b)]', false],
  ['a[$map(b, $slug)]', false],
  ['a[$map(b, $now)]', false],
  ['a[$map(b, function($v) { $slug($v) })]', false],
  ['a[b ~> $slug]', false],
  ['a[$random() < 1]', false],
  ['a[$now]', false],
  ['a[($f := $slug; $f(b))]', false],
])('%s notes nothing and stays the same: %s', (text, expected) => {
  const compilation = compileExpression(text, undefined, { vars: { d: ['x'] }, secrets: {} })
  expect(compilation.ok && compilation.expression.quiet).toBe(expected)
})

function json(value: Json | undefined): string {
  return value === undefined ? 'nothing' : canonicalJson(value)
}

test('truth is the same as in JSONata', async () => {
  const boolean = jsonata('$boolean($record.value)')
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const expected = await boolean.evaluate({}, { record: { value } })
      expect(isTruthy(value as Json)).toBe(expected)
    }),
  )
})
