import fc from 'fast-check'
import jsonata from 'jsonata'
import { describe, expect, test } from 'vitest'
import { type AtOnce, closureOf } from '../../src/expressions/closures.ts'
import { compile, type ExpressionFailure } from '../../src/expressions/expression.ts'
import { wordsOf } from '../../src/expressions/failures.ts'
import { lowercase, pad, uppercase } from '../../src/expressions/functions.ts'
import { toPlain } from '../../src/expressions/plain.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import { runs, TIMEOUT } from '../fuzz/runs.ts'

const BOUNDS = { stack: 500, timeout: 5_000 }
const NONE = 'handed over'

/** The interpreter's result as JSON text, or its failure. */
async function interpreted(expression: jsonata.Expression, item: Json, record: JsonObject): Promise<string> {
  try {
    return shown(await expression.evaluate(item, { record }))
  } catch {
    return 'failed'
  }
}

function shown(value: unknown): string {
  return JSON.stringify(toPlain(value)) ?? 'nothing'
}

function prepared(text: string): { expression: jsonata.Expression; atOnce: AtOnce | undefined } {
  const expression = jsonata(text, BOUNDS)
  expression.registerFunction('pad', pad, '<s-ns?:s>')
  expression.registerFunction('lowercase', lowercase, '<s-:s>')
  expression.registerFunction('uppercase', uppercase, '<s-:s>')
  expression.assign('vars', VARS)
  return { expression, atOnce: closureOf(expression.ast(), [], { vars: VARS }, BOUNDS.stack) }
}

const VARS = { a: 'A', b: [1, 2], c: { a: [{ b: 1 }] } }

/** The closures' result. The data stays unchanged. */
function atOnce(run: AtOnce, item: Json, record: JsonObject): string {
  const before = JSON.stringify([item, record])
  try {
    return shown(run(item, record))
  } catch {
    return NONE
  } finally {
    expect(JSON.stringify([item, record])).toBe(before)
  }
}

const ITEM: JsonObject = JSON.parse(`{
  "a": 1, "b": "text", "none": null, "yes": true, "no": false, "empty": [], "one": [7], "many": [3, 1, 2], "deep": [[1, 2], [3]],
  "nest": [[[1]]], "o": { "a": { "b": 2 }, "list": [{ "a": 1 }, { "a": 2 }, { "b": 3 }] }, "none_of": {},
  "rows": [{ "k": "x", "n": 1, "t": ["p", "q"] }, { "k": "y", "n": 2, "t": [] }, { "k": "x", "n": 3, "t": "r" }],
  "texts": ["b", "a", "c", "a"], "uni": "Å😀b ı K", "__proto__": 5, "constructor": "own", "outerWrapper": "w",
  "ws": "  a \\t b\\n", "csv": "a, b;c", "num": "12.5", "hex": "0x1F", "2": "two", "1": "one", "mixed": [1, "a", null, [2], {}]
}`)

/** Expressions of everything covered, including those that are easy to get wrong. */
const COVERED =
  String.raw`
a
o.a.b
deep
nest
one
empty
one[]
a[]
missing[]
o.list.a
o.list.a[]
o.list[0].a
o.list[-1].b
o.list[5]
o.list[a = 2]
o.list[a > 1].a
o.list[b].b
rows.t
rows.t[0]
(rows.t)[0]
rows[0].t[]
rows[k = "x"].n
rows[k = "x"][0].n
rows[n > 1 and k = "x"]
rows[[0, 2]].n
many[$ > 1]
many[0]
many[-1]
many[1.9]
deep[0]
deep[0][1]
deep.$
nest.$
nest[0][0]
deep[[0]]
$
$.a
$$.a
$$
$[0]
$record.a
$record.rows[0].k
$vars.a
$vars.b
$vars.b[0]
$vars.c.a.b
rows.$record.a
rows.($$.a & k)
rows.{ "k": k, "t": t }
rows.{ k: n }
rows.[k, n]
rows.[n]
rows.[[n]]
[rows.[k]]
[rows.n]
[rows.n, many]
[[many], many]
[[1, 2], 3].$
[missing]
[[]]
[none, empty, one]
["[", many]
[1, 2][0]
[1, 2][$ = 2]
([1, 2])[1]
{ "a": 1, "b": missing, "c": none }
{ b: a, "x": many }
{ "2": 1, "1": 2 }
{ "__proto__": 1, "toString": 2 }
{}
o.{ "n": a.b }
many{ $string(): $ }
rows{ "all": n }
rows[k = "z"]{ "x": 1 }
{ "a": [many] }.a
{ "a": one[] }.a
{ "a": rows.t }.a[1]
a = 1
many = [3, 1, 2]
o.a = { "b": 2 }
o.a != { "b": 3 }
missing = missing
none = null
many != many
deep[0] = [1, 2]
a < 2
b >= "text"
missing > 1
1 in many
"x" in rows.k
missing in many
a in 1
[1] in deep
yes and a
no or empty
none_of or one
many and missing
a + 1
-a
-missing
a - 2 * 3 / 4 % 5
missing + 1
-5
1 / 3
b & a & none & yes
many & o
"" & missing
1.0 & "x"
1e21 & "x"
0.1 + 0.2 & ""
yes ? a : b
no ? a
empty ? 1 : 2
none_of ? 1 : 2
mixed ? 1 : 2
(a; b)
()
($x := a; $x + 1)
($x := many; $x[0])
($x := 1; $y := $x + 1; $x := 5; $x + $y)
($x := 1; ($x := $x + 1; $x) + $x)
($x := rows; $x.n)
($x := rows[0].t[]; $x)
($x := one; $count($x))
($x := rows.($y := n; $y * 2); $x)
rows.($x := k; $x & n)
($f := function($x) { $x & "!" }; $f(b))
($f := function($x, $y) { $x & $y }; $f(b) & $f(b, a) & $f(a, b, 1))
($f := function() { a }; o.list.($f()))
($f := function($x) { $x }; $g := function($x) { $f($x) & "g" }; $g($f(a)))
($f := function($x) { $x ? $uppercase($x) : "none" }; $f(b) & $f(missing))
($f := function($x) { ($y := $x; $filter($y, function($v) { $v > 1 })) }; $f(many))
($f := function($x) { $filter($x, function($v) { $v > 2 }) }; $map([many, many], $f))
($f := function($x) { $filter($x, function($v) { $v > 9 }) }; $map(deep, $f))
($f := $trim; $f(ws))
($f := function($n) { (rows.$lookup($, $n))[0] }; $f("k") & $f("n"))
($f := function($x) { (yes ? $x : b)[0] }; $f(many))
$map(many, function($v) { $v * 2 })
$map(many, function($v, $i) { $v & $i })
$map(many, function($v, $i, $l) { $count($l) })
$map(one, function($v) { $v })
$map(a, function($v) { $v })
$map(missing, function($v) { $v })
$map(many, function($v) { missing })
$map(many, function($v) { many })
$map(deep, $sum)
$map(deep, $count)
$map(texts, $uppercase)
$map(many, $string)
$map(rows, function($r) { $r.t })
$map(rows, function($r) { k })
$map(deep, function($l) { $map($l, function($v) { $v + $count($l) }) })
$map(rows, function($v, $i) { $i = 0 ? $v.k : $v.t })
$filter(many, function($v) { $v > 1 })
$filter(many, function($v) { $v = 1 })
$filter(rows, function($r, $i) { $i > 0 })
$filter(many, function($v) { $v > 9 })
$filter(missing, $boolean)
$single(many, function($v) { $v = 1 })
$single(one)
$reduce(many, function($x, $y) { $x + $y })
$reduce(many, function($x, $y, $i, $l) { $x & $y & $i & $count($l) }, "s")
$reduce(empty, function($x, $y) { $x + $y }, 5)
$reduce(one, function($x, $y) { $x + $y })
$sift(o, function($v, $k) { $k = "a" })
$sift(none_of, function($v) { $v })
o.$sift(function($v, $k) { $k = "a" })
$each(o.a, function($v, $k) { $k & $v })
o.a ~> $each(function($v, $k) { $k & $v })
$sort(many)
$sort(texts)
$sort(rows, function($l, $r) { $l.n < $r.n }).n
$sort(one)
$sort(missing)
many ~> $sum
many ~> $sum()
ws ~> $trim ~> $uppercase
ws ~> $trim() ~> $split(" ") ~> $join("-")
many ~> $map(function($v) { $v + 1 }) ~> $sum()
b ~> function($x) { $x & "?" }
($f := function($x) { $x & "?" }; b ~> $f)
(rows ~> $map(function($v) { $v.k }))[0]
rows.k ~> $distinct()
$contains(b, "ex")
$contains(b, /EX/i)
b.$contains("t")
b.$contains(/^t/)
texts[$contains($, "a")]
$match(b, /t(e)?/)
$match(b, /t/, 1)
$match(b, /z/)
$match(b, /(z)|t/).groups
$match("", /x*/)
$replace(b, "t", "$1")
$replace(b, /t(.)?/, "<$1$0$$$9>")
$replace(b, /t/, "x", 1)
$replace(b, /z/, "x")
$replace(b, /(t)/, function($m) { $m.match & $m.start & $m.groups[0] })
$replace("John Smith", /(\w+)\s(\w+)/, "$2, $1")
$replace("abcdefghijklmno", /(ijk)/, "$8$5$12$12$18$123")
$replace("abcdefghijkl", /(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)/, "$12$11$1a")
$split(csv, /[,;]\s*/)
$split(csv, ", ")
$split(csv, "")
$split(csv, /[,;]/, 2)
$split(csv, /[,;]/, 1)
$split(csv, ";", 0)
$split(csv, /z/)
$split("", /,/)
$split("", ",")
$split(missing, ",")
$join($split(csv, /,/), "+")
$join(texts)
$lowercase(uni)
$uppercase(uni)
$length(uni)
$substring(uni, 1, 1)
$substring(b, -2)
$substring(b, 1)
$substringBefore(b, "x")
$substringAfter(b, "x")
$pad(b, 6, "#")
$trim(ws)
ws.$trim()
$string(many)
$string(o, true)
$string(1/3)
$string(none)
$string()
$number(num)
$number(hex)
$number(yes)
$exists(a)
$exists(missing)
$exists(empty)
$exists(none)
$boolean(empty)
$not(missing)
$not(none)
$not(a)
$count(many)
$count(a)
$count(missing)
$count(rows[k = "x"])
$sum(many)
$max(many)
$min(one)
$average(many)
$append(many, a)
$append(a, b)
$append(missing, one)
$append(one, [])
$count($append(one, deep))
$distinct(texts)
$distinct(rows.k)
$reverse(many)
$zip(many, texts)
$merge([o, { "z": 1 }])
$merge(rows)
$merge(o)
$keys(o)
$keys(rows)
$keys(none_of)
$lookup(o, "a")
$lookup(rows, "k")
$lookup({ "x": "y" }, missing ? missing : "x")
$spread(o.a)
$type(none)
$type(many)
$type(missing)
$type(o)
$round(1.5)
$floor(1.7)
$abs(-1)
$power(2, 3)
$formatNumber(1234.5, "#,##0.00")
$toMillis("2020-01-01T00:00:00Z")
$fromMillis(0)
$base64encode(b)
$base64decode("YQ==")
$encodeUrlComponent("a b")
o.*
o.list.*
rows.*
*
rows.[k, n][]
$.[a, b]
$.[a, b][]
$.{ "a": a }
rows{ k: $count($) }
rows{ k: n[] }
rows[k != "x"].n
rows[[1, -1]].k
o.list[$not($exists(b))].a
{ "list": one.[$] }
[$map(empty, function($v) { $v })]
$merge([no ? o])
missing ?: 1
rows[7] ?? "none"
$map(rows, function($r, $i) { $i[$r.k = "x"] })
(many)[$$.a - 2]
($x := 1; ($x := missing); $x)
` +
  '`__proto__`\n`constructor`\n`toString`\n`hasOwnProperty`\no.`constructor`\n$lookup($, "toString")\n`outerWrapper`\n`2`\n' +
  'o.`toString`.a\no.a.`hasOwnProperty`\n`constructor`.`constructor`\nrows.`valueOf`\n$record.o.`isPrototypeOf`\n'

/**
 * Covered expressions that only the interpreter can evaluate: they fail, or their data is unusual.
 */
const FAILING = `
$trim(1)
$sum(texts)
b + 1
a < "x"
yes > 1
-b
$number(b)
$map(many, 1)
$map(many, $substring)
$replace(b, "", "x")
$replace(b, /x*/, "y")
$match(b, /x*/)
$split(b, /x*/)
$match(b, /t/, -1)
$single(many)
$reduce(many, function($x) { $x })
{ a: 1 }
{ "a": 1, "a": 2 }
{ "_jsonata_lambda": true }
1 / 0
a / 0 = 1
$power(10, 1000)
$error("x")
$sort(mixed)
$join(many)
$trim()
$map(many, function($v) { $trim() })
`

/** Expressions that closures leave to the interpreter. */
const LEFT = `
rows@$r.($r.n)
rows#$i.n
rows^(n).n
rows[0].%.a
**
[1..3]
$now()
$f(1)
$trim
function($x) { $x }
/a/
($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(3))
($f := function() { $y }; $y := 1; $f())
(yes ? ($x := 1) : 2; $x)
$substring(?, 1)
$ ~> |o|{"x": 1}|
function($x)<n:n> { $x }(1)
($apply := function($f) { $f(1) }; $apply($string))
`

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

describe('an expression without the interpreter', () => {
  test.each(lines(COVERED))('%s returns the same as JSONata', async (text) => {
    const { expression, atOnce: run } = prepared(text)
    if (run === undefined) throw new Error('it is not covered')
    for (const item of [ITEM, [ITEM, ITEM], [[ITEM]], [], null, 'text', { a: [ITEM, { a: ITEM }], rows: ITEM }]) {
      const expected = await interpreted(expression, item as Json, ITEM)
      const actual = atOnce(run, item as Json, ITEM)
      if (item === ITEM || actual !== NONE) expect(actual).toBe(expected)
    }
  })

  test.each(lines(FAILING))('%s is handed over, and the interpreter returns the value or the failure', async (text) => {
    const { expression, atOnce: run } = prepared(text)
    expect(atOnce(run ?? (() => 'not covered'), ITEM, ITEM)).toBe(NONE)
    const compilation = compile(text)
    if (!compilation.ok) throw new Error(compilation.message)
    const expected = await expression.evaluate(ITEM, { record: ITEM }).then(toPlain).catch(wordsOf)
    const told = ({ message, publicMessage, hint }: ExpressionFailure) => ({ message, publicMessage, hint })
    const actual = await Promise.resolve(compilation.expression.evaluate(ITEM, ITEM)).catch(told)
    expect(actual).toEqual(expected)
  })

  test.each(lines(LEFT))('%s belongs to the interpreter', (text) => {
    expect(prepared(text).atOnce).toBeUndefined()
  })

  test('an object that looks like a function belongs to the interpreter', async () => {
    for (const mark of ['_jsonata_function', '_jsonata_lambda']) {
      const item = { a: { [mark]: true, b: 1 } }
      for (const text of [
        'a.b',
        'a.missing',
        'a.`toString`',
        '$lookup(a, "b")',
        '$string(a)',
        '$boolean(a) or 1',
        '$keys(a)',
        '[a.*]',
      ]) {
        const { expression, atOnce: run } = prepared(text)
        const actual = run === undefined ? NONE : atOnce(run, item, {})
        if (actual !== NONE) expect(actual).toBe(await interpreted(expression, item, {}))
      }
    }
  })

  test('long or deeply nested evaluations belong to the interpreter', () => {
    const list = Array.from({ length: 400 }, (_, at) => at)
    const pairs = prepared('$map($record.list, function($x) { $map($record.list, function($y) { $x + $y }) })')
    expect(pairs.atOnce && atOnce(pairs.atOnce, {}, { list })).toBe(NONE)
    const many = `{ ${list.map((at) => `"k${at}": a.b`).join()} }`
    expect(prepared(many).atOnce).toBeUndefined()
  })
})

const data = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, 0, 1, 2, -1.5, '', 'x', 'a b', ' É1 ', 'a,b;c', '😀', true, false, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString', '1'), tie('value'), { maxKeys: 4 }),
}))

/** JSONata reads a slash after a bracket as the start of a regular expression. */
function parses(text: string): boolean {
  try {
    jsonata(text)
    return true
  } catch {
    return false
  }
}

const name = fc.constantFrom('a', 'b', 'c', '`toString`', '`__proto__`', '`1`')
const grammar = fc.letrec<{ text: string; step: string; start: string; lambda: string; pair: string; key: string }>(
  (tie) => {
    const joined = (...parts: (string | fc.Arbitrary<string>)[]) =>
      fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''))
    const text = tie('text')
    const list = fc.array(text, { maxLength: 3 }).map((all) => all.join(', '))
    const suffix = fc.constantFrom('', '', '', '', '[]', '[0]', '[-1]', '[1]')
    return {
      start: fc.oneof(name, name, name, fc.constantFrom('$', '$$', '$record', '$vars', '$x', '$y')),
      step: fc.oneof(
        { maxDepth: 5 },
        name,
        name,
        joined(name, suffix),
        joined(name, '[', text, ']'),
        fc.constantFrom('$', '*'),
        joined('(', text, ')'),
        joined('[', list, ']'),
        joined('{ ', tie('pair'), ' }'),
        joined('$string()'),
      ),
      key: fc.oneof(fc.constantFrom('"a"', '"b"', '"1"', '"__proto__"', '$string($)'), text),
      pair: joined(tie('key'), ': ', text),
      lambda: fc.oneof(
        joined('function($x) { ', text, ' }'),
        joined('function($x, $y) { ', text, ' }'),
        fc.constantFrom('$string', '$count', '$boolean', '$f'),
      ),
      text: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom('a', 'b', 'c', '$x', '1', '0', '-1', '"a"', '""', 'null', 'true', 'false'),
        fc
          .tuple(tie('start'), suffix, fc.array(tie('step'), { maxLength: 3 }), suffix)
          .map(([start, at, steps, keep]) => `${[start + at, ...steps].join('.')}${keep}`),
        joined('(', text, ')', suffix),
        joined('(', text, ')[', text, ']'),
        joined('(', text, ').', tie('step')),
        joined('(', text, '){ ', tie('pair'), ' }'),
        joined('($x := ', text, '; $y := ', text, '; ', text, ')'),
        joined('($f := function($x) { ', text, ' }; ', text, ')'),
        joined('$f(', text, ')'),
        joined('(', text, ' ? ', text, ' : ', text, ')'),
        joined(
          '(',
          text,
          ' ',
          fc.constantFrom('&', '=', '!=', '<', '>=', 'in', 'and', 'or', '+', '-', '*', '/', '%'),
          ' ',
          text,
          ')',
        ),
        joined('-(', text, ')'),
        joined('[', list, ']', suffix),
        joined('{ ', tie('pair'), ' }'),
        joined('{ ', tie('pair'), ', ', tie('pair'), ' }'),
        joined(
          '$',
          fc.constantFrom('map', 'filter', 'single', 'each', 'sift', 'reduce', 'sort'),
          '(',
          text,
          ', ',
          tie('lambda'),
          ')',
        ),
        joined(
          '(',
          text,
          ') ~> ',
          fc.constantFrom('$string', '$count()', '$append(1)', '$map($f)', '$filter($boolean)', '$f'),
        ),
        joined(
          '$',
          fc.constantFrom(
            'string',
            'count',
            'exists',
            'boolean',
            'not',
            'type',
            'keys',
            'distinct',
            'merge',
            'spread',
            'sum',
            'trim',
            'reverse',
            'lowercase',
            'join',
            'number',
          ),
          '(',
          text,
          ')',
          suffix,
        ),
        joined(
          '$',
          fc.constantFrom('append', 'lookup', 'split', 'join', 'contains', 'zip'),
          '(',
          text,
          ', ',
          text,
          ')',
          suffix,
        ),
        joined(
          '$',
          fc.constantFrom('split', 'contains', 'match'),
          '(',
          text,
          ', ',
          fc.constantFrom('/[,; ]/', '/(a)|(b)/', '/x*/'),
          ')',
        ),
        joined(
          '$replace($string(',
          text,
          '), /([a-z])|1/, ',
          fc.constantFrom('"<$1>"', '"$$$0"', 'function($m) { $m.match & "!" }'),
          ')',
        ),
      ),
    }
  },
)

test('generated expressions return the same as JSONata on generated data', { timeout: TIMEOUT }, async () => {
  const tally = { answered: 0, handedOver: 0, left: 0 }
  await fc.assert(
    fc.asyncProperty(
      grammar.text,
      fc.array(data.value, { minLength: 2, maxLength: 3 }),
      data.object,
      async (text, items, record) => {
        fc.pre(parses(text))
        const { expression, atOnce: run } = prepared(text)
        if (run === undefined) {
          tally.left += 1
          return
        }
        for (const item of items) {
          const actual = atOnce(run, item, record)
          if (actual === NONE) tally.handedOver += 1
          else {
            const expected = await interpreted(expression, item, record)
            expect(actual).toBe(expected)
            tally.answered += 1
          }
        }
      },
    ),
    runs(2_500),
  )
  if (process.env.FUZZ_RUNS !== undefined) console.log(tally)
  expect(tally.answered).toBeGreaterThan(1_000)
})
