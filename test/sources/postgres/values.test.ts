import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/json.ts'
import { postgresPrograms } from '../../postgres.ts'
import type { Reading } from '../reading.ts'
import { read } from './capturing.ts'
import { newDatabase } from './database.ts'

/** An SQL literal, and its value in a record; undefined if the record omits it. */
type Case = readonly [literal: string, value: Json | undefined]

const FAMILIES: Record<string, readonly Case[]> = {
  'whole numbers': [
    ['(-32768)::int2', -32768],
    ['2147483647::int4', 2147483647],
    ['9223372036854775807::int8', '9223372036854775807'],
    ['(-9223372036854775808)::int8', '-9223372036854775808'],
    ['7::int8', '7'],
    ['4294967295::oid', 4294967295],
  ],
  'decimal numbers keep every digit': [
    ['12345678901234567890.123456789012345678900::numeric', '12345678901234567890.123456789012345678900'],
    ['1.50::numeric(10,2)', '1.50'],
    ["'NaN'::numeric", 'NaN'],
    ["'1e-100'::numeric", `0.${'0'.repeat(99)}1`],
    ['1234567.89::money', '1234567.89'],
    ['(-0.5)::money', '-0.50'],
    ["'{1234.5,NULL}'::money[]", ['1234.50', null]],
  ],
  floats: [
    ['0.1::float4', 0.1],
    ['0.1::float8', 0.1],
    ['(0.1::float8 + 0.2::float8)', 0.30000000000000004],
    ['1.7976931348623157e308::float8', 1.7976931348623157e308],
    ["'NaN'::float8", 'NaN'],
    ["'Infinity'::float8", 'Infinity'],
    ["'-Infinity'::float4", '-Infinity'],
    ["'-0'::float8", '-0'],
  ],
  booleans: [
    ['true', true],
    ['false', false],
    ['NULL::boolean', undefined],
  ],
  texts: [
    [`E'a\\tb\\nc"''\\\\'`, `a\tb\nc"'\\`],
    ["'Żółć 🦉'::text", 'Żółć 🦉'],
    ["''::text", ''],
    ["'NULL'::text", 'NULL'],
    ["'ab'::char(4)", 'ab  '],
    ["'x'::varchar(3)", 'x'],
    ["'n'::name", 'n'],
    ["'ABC'::citext", 'ABC'],
    ["'<a>1</a>'::xml", '<a>1</a>'],
  ],
  'timestamps, dates and times': [
    ["'2026-03-01 12:34:56.789012+02'::timestamptz", '2026-03-01T10:34:56.789012Z'],
    ["'2026-03-01 12:00:00+00'::timestamptz", '2026-03-01T12:00:00Z'],
    ["'infinity'::timestamptz", 'infinity'],
    ["'-infinity'::timestamptz", '-infinity'],
    ["'0044-03-15 12:00:00+00 BC'::timestamptz", '-000043-03-15T12:00:00Z'],
    ["'0001-12-31 00:00:00+00 BC'::timestamptz", '0000-12-31T00:00:00Z'],
    ["'12345-01-02 03:04:05+00'::timestamptz", '+012345-01-02T03:04:05Z'],
    ["'2026-03-01 12:34:56.5'::timestamp", '2026-03-01 12:34:56.5'],
    ["'2026-03-01'::date", '2026-03-01'],
    ["'infinity'::date", 'infinity'],
    ["'0044-03-15 BC'::date", '0044-03-15 BC'],
    ["'12:34:56.789'::time", '12:34:56.789'],
    ["'12:34:56+05:30'::timetz", '12:34:56+05:30'],
    ["'1 year 2 months 3 days 04:05:06.5'::interval", 'P1Y2M3DT4H5M6.5S'],
  ],
  bytes: [
    ["'\\x00deadBEEF'::bytea", '00deadbeef'],
    ["''::bytea", ''],
    ["B'0101'::bit(4)", '0101'],
    ["B'1'::bit(1)", '1'],
    ["B'10101'::varbit", '10101'],
  ],
  'JSON with numbers that do not fit a float': [
    [
      `'{"id": 12345678901234567890, "n": 1, "f": 1.10, "deep": [{"x": 9007199254740993}]}'::jsonb`,
      { id: '12345678901234567890', n: 1, f: '1.10', deep: [{ x: '9007199254740993' }] },
    ],
    [`'{"b":2,"a":1}'::json`, { b: 2, a: 1 }],
    [`'null'::jsonb`, null],
    [`'"text"'::jsonb`, 'text'],
    [`'[]'::jsonb`, []],
    ["'1e400'::jsonb", `1${'0'.repeat(400)}`],
  ],
  lists: [
    ["'{}'::int[]", []],
    ["'{1,NULL,3}'::int[]", [1, null, 3]],
    [
      "'{{1,2},{3,4}}'::int[]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'{9223372036854775807}'::int8[]", ['9223372036854775807']],
    [
      `ARRAY['a,b', 'c"d', 'e\\f', 'NULL', NULL, '', '{}', ' g ']`,
      ['a,b', 'c"d', 'e\\f', 'NULL', null, '', '{}', ' g '],
    ],
    [
      "ARRAY[ARRAY['x','y'],ARRAY[NULL,'z']]",
      [
        ['x', 'y'],
        [null, 'z'],
      ],
    ],
    ["'[0:1]={5,6}'::int[]", [5, 6]],
    [`ARRAY['{"a":12345678901234567890}'::jsonb]`, [{ a: '12345678901234567890' }]],
    ["ARRAY['2026-03-01 12:00:00+02'::timestamptz]", ['2026-03-01T10:00:00Z']],
    ["ARRAY['\\x01'::bytea, NULL]", ['01', null]],
    ['ARRAY[true, false]', [true, false]],
    ["ARRAY['(1,1),(0,0)'::box, '(3,3),(2,2)'::box]", ['(1,1),(0,0)', '(3,3),(2,2)']],
    ["'1 2 3'::int2vector", '1 2 3'],
  ],
  'user-defined types': [
    ["'happy'::mood", 'happy'],
    ["ARRAY['happy', 'sad']::mood[]", ['happy', 'sad']],
    ['5::positive', 5],
    ['ARRAY[5, 6]::positive[]', [5, 6]],
    ["'{1,2}'::few", [1, 2]],
    ["ARRAY['{1,2}'::few, '{3}'::few]", [[1, 2], [3]]],
    ["'9223372036854775807'::big", '9223372036854775807'],
    ["ROW('Main St 1', NULL)::address", '("Main St 1",)'],
    ['\'a=>1, "b c"=>NULL\'::hstore', '"a"=>"1", "b c"=>NULL'],
  ],
  others: [
    ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ["'192.168.0.1/24'::inet", '192.168.0.1/24'],
    ["'[1,5)'::int4range", '[1,5)'],
    ["'{[1,2),[4,5)}'::int4multirange", '{[1,2),[4,5)}'],
    ["'(1.5,2)'::point", '(1.5,2)'],
    ["'a b'::tsvector", "'a' 'b'"],
  ],
}

const OWN_TYPES = `
  CREATE EXTENSION citext; CREATE EXTENSION hstore;
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE DOMAIN few AS int[];
  CREATE DOMAIN big AS int8;
  CREATE TYPE address AS (street text, city text);`

/** Settings that a server, a database or a role can have. */
const SETTINGS = [
  "timezone = 'Asia/Tokyo'",
  "datestyle = 'SQL, DMY'",
  "bytea_output = 'escape'",
  'extra_float_digits = -5',
]

describe.skipIf(postgresPrograms === undefined)('values are read without loss', () => {
  const families = Object.entries(FAMILIES).map(([title, cases], index) => ({
    title,
    cases,
    stream: `family_${index}`,
  }))
  let reading: Promise<Reading> | undefined

  async function readFamilies(): Promise<Reading> {
    const tables = families.map(({ stream, cases }) => {
      const columns = cases.map(([literal], index) => `${literal} AS c${index}`)
      return `CREATE TABLE ${stream} AS SELECT 1 AS id, ${columns.join(', ')};`
    })
    const database = await newDatabase(`${OWN_TYPES} ${tables.join(' ')}`)
    database.sql(SETTINGS.map((setting) => `ALTER DATABASE ${database.name} SET ${setting}`).join('; '))
    const streams = families.map(({ stream }) => [stream, { table: stream, key: 'id' }])
    return read({ type: 'postgres', url: database.url(), streams: Object.fromEntries(streams) })
  }

  test.each(families)('$title', async ({ cases, stream }) => {
    reading ??= readFamilies()
    const { records } = await reading
    const expected = cases.flatMap(([, value], index) => (value === undefined ? [] : [[`c${index}`, value]]))
    expect(records.find((record) => record.stream === stream)?.data).toEqual({
      id: 1,
      ...Object.fromEntries(expected),
    })
  })
})
