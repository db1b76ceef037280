import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions, kindRemarks, kindRemedies } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/**
 * The parts that know kinds only by their definitions: what is particular to a kind is in its
 * folder.
 */
const PARTS = ['rundb', 'comparing', 'desired', 'planning', 'applying', 'verifying', 'reporting']

/** Words that are also the name of a kind and mean something else here. */
const OTHERWISE: Record<string, string[]> = {
  // The target of a role grant; and the reference of a role assignment.
  'rundb/drafts.ts': ["'organization'", "'user'"],
  // The owner of an address in a message.
  'rundb/desired.ts': ["'user'"],
  'rundb/rejects.ts': ["'user'"],
}

const NAMES = [...new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))].join('|')
const NAMED = new RegExp(`(['"\`])(?:${NAMES})(?:\\1|:\\$\\{)`, 'g')
const OWN_FOLDER = /kinds\/(?:connection|group|membership|organization|permission|role|user)\//g
const STATEMENT =
  /\b(?:SELECT|INSERT(?: OR \w+)? INTO|UPDATE \w+ SET|DELETE FROM|CREATE (?:TABLE|INDEX)|ORDER BY|json_extract)\b|->>? '/g

/** Parts that use the run's database only by the names of statements. */
const ASKING = [...PARTS.filter((part) => part !== 'rundb'), 'mapping', 'explaining']

test.each(PARTS)('%s/ contains no name of a kind', (part) => {
  expect(found(part, NAMED)).toEqual([])
})

// A report has separate sections for passwords, TOTP factors, roles and connections.
test.each(PARTS.filter((part) => part !== 'reporting'))('%s/ imports no folder of a kind', (part) => {
  expect(found(part, OWN_FOLDER)).toEqual([])
})

test.each(ASKING)('%s/ has no statements', (part) => {
  expect(found(part, STATEMENT)).toEqual([])
})

test('a code means the same for every kind', () => {
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
