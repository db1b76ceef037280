import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions, kindRemarks, kindRemedies } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/**
 * The parts that know kinds by their definitions only: what is special about one is in its folder.
 */
const PARTS = ['rundb', 'comparing', 'desired', 'planning', 'applying', 'verifying', 'reporting']

/** Words that are the name of a kind as well, and mean something else here. */
const OTHERWISE: Record<string, string[]> = {
  // To whom a role grant goes; and the reference of a role assignment.
  'rundb/drafts.ts': ["'organization'", "'user'"],
  // Whose address a message names.
  'rundb/desired.ts': ["'user'"],
  'rundb/rejects.ts': ["'user'"],
}

const NAMES = [...new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))].join('|')
const NAMED = new RegExp(`(['"\`])(?:${NAMES})(?:\\1|:\\$\\{)`, 'g')
const OWN_FOLDER = /kinds\/(?:connection|group|membership|organization|permission|role|user)\//g
const STATEMENT =
  /\b(?:SELECT|INSERT(?: OR \w+)? INTO|UPDATE \w+ SET|DELETE FROM|CREATE (?:TABLE|INDEX)|ORDER BY|json_extract)\b|->>? '/g

/** Parts that ask the run's database by the names of statements alone. */
const ASKING = [...PARTS.filter((part) => part !== 'rundb'), 'mapping', 'explaining']

test.each(PARTS)('%s/ names no kind', (part) => {
  expect(found(part, NAMED)).toEqual([])
})

// A report has sections of its own for passwords, second factors, roles and connections.
test.each(PARTS.filter((part) => part !== 'reporting'))('%s/ asks no kind by its folder', (part) => {
  expect(found(part, OWN_FOLDER)).toEqual([])
})

test.each(ASKING)('%s/ has no statements', (part) => {
  expect(found(part, STATEMENT)).toEqual([])
})

test('a code means one thing, whatever kind it is about', () => {
  const definitions = [...new Set([...draftDefinitions, ...kindDefinitions])]
  for (const [joined, of] of [
    [kindRemarks(), definitions.map(({ remarks = {} }) => remarks)],
    [kindRemedies(), definitions.map(({ remedies = {} }) => remedies)],
  ] as const) {
    const codes = new Set(of.flatMap(Object.keys))
    expect(codes.size).toBeGreaterThan(10)
    for (const code of codes) {
      const meanings = of.flatMap((words) => (code in words ? [words[code]] : []))
      expect([code, meanings]).toEqual([code, meanings.map(() => joined[code])])
    }
  }
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
