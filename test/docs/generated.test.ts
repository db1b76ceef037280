import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiDocs } from '../../scripts/api-docs.ts'
import { commandsDocs } from '../../scripts/commands-docs.ts'
import { withGenerated } from '../../scripts/generated-table.ts'
import { sandboxDocs } from '../../scripts/sandbox-docs.ts'
import { triedDocs, triedIn } from '../../scripts/tried-docs.ts'
import { KNOWN_DIFFERENCES } from '../workos/openapi-known-differences.ts'

// If this fails, run npm run docs.
test.each([
  ['docs/how-to/sandbox.md', sandboxDocs],
  ['docs/how-to/sources/README.md', triedDocs],
] as const)('%s has the table from the tests', (name, written) => {
  const page = readFileSync(name, 'utf8')
  expect(page).toBe(written(page))
})

test('docs/reference/commands.md matches the definitions', () => {
  expect(readFileSync('docs/reference/commands.md', 'utf8')).toBe(commandsDocs())
})

test('docs/reference/api.md matches the declarations', () => {
  expect(readFileSync('docs/reference/api.md', 'utf8')).toBe(apiDocs())
})

test('each patch of the document has a unique name, a sentence and a source', () => {
  const names = KNOWN_DIFFERENCES.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
  for (const { name, why, source } of KNOWN_DIFFERENCES) {
    expect(name).toMatch(/^[a-z\d-]+$/)
    expect(why).toMatch(/^[A-Za-z\d].+\.$/)
    expect(source).toMatch(/^https:\/\/[a-z]+\.com\/|^(observed in responses of WorkOS; )?not documented/)
  }
})

const PAGE = 'before\n<!-- tried: written by npm run docs -->\nold\n<!-- /tried -->\nafter\n'
const call = (...texts: string[]) => `test(tried(${texts.join(', ')}), () => {})`

test('titles of tests become rows by origin and format, with their files', () => {
  const texts = [
    call("'Clerk'", "'dashboard CSV'", "'the text NULL'"),
    call("\n  'Auth0'", "\n  'bulk export'", "\n  'a row that isn\\'t | one',\n"),
  ]
  const found = [
    ...triedIn(texts.join('\n'), 'a.test.ts'),
    ...triedIn(texts[0]?.replace('NULL', 'N/A') ?? '', 'b/c.test.ts'),
  ]
  expect(triedDocs(PAGE, found)).toBe(`before
<!-- tried: written by npm run docs -->
| Origin | Format | What was tried | Tests |
|---|---|---|---|
| Auth0 | bulk export | a row that isn't \\| one | [a](../../../test/a.test.ts) |
| Clerk | dashboard CSV | the text NULL; the text N/A | [a](../../../test/a.test.ts), [b/c](../../../test/b/c.test.ts) |
<!-- /tried -->
after
`)
})

test('a title that is not a literal, or has an unknown origin, is rejected', () => {
  expect(() => triedIn(call("'Clerk'", "'CSV'", 'title'), 'a.test.ts')).toThrow(/three texts, written out/)
  expect(() => triedIn(call("'Clark'", "'CSV'", "'x'"), 'a.test.ts')).toThrow(/no origin is called Clark/)
  expect(() => withGenerated('a page', 'tried', [])).toThrow(/no place for tried/)
})
