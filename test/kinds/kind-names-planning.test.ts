import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions } from '../../src/kinds/registry.ts'

const folder = fileURLToPath(new URL('../../src/planning/', import.meta.url))

const PENDING = [
  'blocked-by-mention.ts',
  'candidates.ts',
  'decide-known.ts',
  'decide-unknown.ts',
  'giving-groups.ts',
  'group-roles.ts',
  'held-domains.ts',
  'list-mentioned.ts',
  'look-up.ts',
  'match-by-name.ts',
  'plan-kind.ts',
  'plan-tables.ts',
  'recognise.ts',
  'references.ts',
  'rivals.ts',
  'still-reduced.ts',
]

const STATEMENT = /\b(SELECT|INSERT( OR \w+)? INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX)|ORDER BY)\b/

const files = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !PENDING.includes(file))
  .map((file) => ({ file, code: readFileSync(`${folder}${file}`, 'utf8') }))

const names = new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))

test.each(files)('planning/$file names no kind', ({ code }) => {
  const literals = [...code.matchAll(/(['"`])([\w-]+)\1/g)].map((match) => match[2] ?? '')
  expect(literals.filter((literal) => names.has(literal))).toEqual([])
})

test.each(files)('planning/$file has no statements', ({ code }) => {
  expect(code).not.toMatch(STATEMENT)
})
