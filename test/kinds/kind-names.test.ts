import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** The parts that know kinds by their definitions only: what is special about one is in its folder. */
const PARTS = ['rundb', 'comparing', 'desired', 'planning', 'applying', 'verifying']

/** Those of them that ask the run's database by its named statements only. */
const WITHOUT_SQL = PARTS.filter((part) => part !== 'rundb')

/** Words that are the name of a kind as well, and mean something else here. */
const OTHERWISE: Record<string, string[]> = {
  // To whom a role grant goes; and the reference of a role assignment.
  'rundb/grants.ts': ["'organization'", "'user'"],
  'rundb/rejects.ts': ["'user'"],
}

const NAMES = [...new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))].join('|')
const NAMED = new RegExp(
  `(['"\`])(?:${NAMES})\\1|kinds/(?:connection|group|membership|organization|permission|role|user)/`,
  'g',
)
const STATEMENT = /\b(?:SELECT|INSERT(?: OR \w+)? INTO|UPDATE \w+ SET|DELETE FROM|CREATE (?:TABLE|INDEX))\b/g

test.each(PARTS)('%s/ names no kind', (part) => {
  expect(found(part, NAMED)).toEqual([])
})

test.each(WITHOUT_SQL)('%s/ has no statements', (part) => {
  expect(found(part, STATEMENT)).toEqual([])
})

function found(part: string, pattern: RegExp): string[] {
  const files = readdirSync(`${src}${part}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${part}/${file}`)
  expect(files.length).toBeGreaterThan(2)
  return files.flatMap((path) => {
    const words = withoutComments(readFileSync(`${src}${path}`, 'utf8')).match(pattern) ?? []
    return words.filter((word) => !OTHERWISE[path]?.includes(word)).map((word) => `${path}: ${word}`)
  })
}

function withoutComments(code: string): string {
  return code.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
