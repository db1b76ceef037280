import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadText, MINIMAL } from './folder.ts'

const styles: Record<string, string> = {
  plain: 'email: $lowercase(mail) & tail',
  'plain over several lines': 'email: $lowercase(\n      mail\n\n      & tail)',
  'single quotes': "email: '$join([''a'', b], ''x'')'",
  'single quotes over lines': "email: 'one ''two''\n\n\n      three'",
  'double quotes': 'email: "one \\"two\\" \\\\ three"',
  'double quotes with escapes': 'email: "a\\tb\\u00e9c\\x41\\U0001F600 d\\/e\\n\\e\\0f\\_g"',
  'double quotes over lines': 'email: "one\n      two \\\n      three\n\n      four"',
  literal: 'email: |\n      $a := 1;\n\n        $b(c)\n      d',
  'literal with a comment and an indicator': 'email: |2-  # why\n        one\n       two\n',
  folded: 'email: >-\n      $uppercase(\n        first,\n        second\n      )\n\n      & last',
}

test.each(
  Object.entries(styles),
)('every visible character of a scalar is found where it was written: %s', async (_name, rule) => {
  const { manifest, locate, file } = await loadText(`${MINIMAL}map:\n  user:\n    ${rule}\n`)
  const value = String(manifest.map.user?.email)
  const lines = readFileSync(file, 'utf8').split('\n')
  let compared = 0
  for (const [offset, character] of [...Array(value.length).keys()].map((i) => [i, value.charAt(i)] as const)) {
    if (!/[!-~]/.test(character)) continue
    const { line = 0, column = 0 } = locate(['map', 'user', 'email'], offset)
    const written = lines[line - 1]?.slice(column - 1) ?? ''
    expect([character, `\\x${character.charCodeAt(0).toString(16)}`]).toContain(
      /^\\x/.test(written) ? written.slice(0, 4) : written.replace(/^\\/, '').charAt(0),
    )
    compared++
  }
  expect(compared).toBeGreaterThan(5)
})

test('offsets count characters of the value, not of the source', async () => {
  const folded = `${MINIMAL}map:\n  user:\n    email: >\n      one\n\n      two three\n    key: 'it''s x'\n`
  const { manifest, locate } = await loadText(folded)
  expect(manifest.map.user?.email).toBe('one\ntwo three\n')
  expect(locate(['map', 'user', 'email'], 0)).toMatchObject({ line: 6, column: 7 })
  expect(locate(['map', 'user', 'email'], 4)).toMatchObject({ line: 8, column: 7 })
  expect(locate(['map', 'user', 'email'], 8)).toMatchObject({ line: 8, column: 11 })
  expect(locate(['map', 'user', 'key'], 5)).toMatchObject({ line: 9, column: 17 })
})

test('spaces and the end of a scalar have a place too', async () => {
  const { locate } = await loadText(`${MINIMAL}map: { user: { email: "ab  cd", key: ab  cd } }\n`)
  expect(locate(['map', 'user', 'email'], 3)).toMatchObject({ line: 3, column: 27 })
  expect(locate(['map', 'user', 'email'], 6)).toMatchObject({ line: 3, column: 30 })
  expect(locate(['map', 'user', 'key'], 6)).toMatchObject({ line: 3, column: 44 })
  expect(locate(['map', 'user', 'key'], 99)).toMatchObject({ line: 3, column: 44 })
})

test('a missing place falls back to the nearest parent, then to the file', async () => {
  const { locate, originOf, file } = await loadText(`${MINIMAL}run:\n  limits: { reads: 1/1s }\n`)
  expect(locate(['run', 'limits', 'reads'])).toEqual({ file, line: 4, column: 20 })
  expect(locate(['run', 'limits', 'writes'])).toEqual({ file, line: 4, column: 3 })
  expect(locate(['run', 'workers'])).toEqual({ file, line: 3, column: 1 })
  expect(locate(['safety', 'maxDeletes'])).toEqual({ file })
  expect(originOf(['run', 'limits', 'reads'])).toEqual({ file, line: 4, column: 20 })
  expect(originOf(['run', 'limits', 'writes'])).toBeUndefined()
})

test('items of lists are found by index', async () => {
  const { locate } = await loadText(`${MINIMAL}dedupe:\n  user:\n    by:\n      - email\n      - name\n`)
  expect(locate(['dedupe', 'user', 'by', 1], 1)).toMatchObject({ line: 7, column: 10 })
  expect(locate(['dedupe', 'user', 'by', '0'])).toMatchObject({ line: 6, column: 9 })
})
