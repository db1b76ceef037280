import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** The parts that know kinds by their definitions only. */
const PARTS = ['desired', 'rundb']

/** Words that are the name of a kind as well, and mean something else here. */
const OTHERWISE: Record<string, string[]> = {
  // To whom a role grant goes; and the reference of a role assignment.
  'rundb/grants.ts': ["'organization'", "'user'"],
  'rundb/rejects.ts': ["'user'"],
}

const names = [...new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))]
const literal = new RegExp(`['"\`](?:${names.join('|')})['"\`]`, 'g')

test.each(PARTS)('%s names no kind: what is special about one is in its folder', (part) => {
  const found = readdirSync(join(src, part), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const path = `${part}/${file.replaceAll('\\', '/')}`
      const words = withoutComments(readFileSync(join(src, path), 'utf8')).match(literal) ?? []
      return words.filter((word) => !OTHERWISE[path]?.includes(word)).map((word) => `${path}: ${word}`)
    })
  expect(found).toEqual([])
})

function withoutComments(code: string): string {
  return code.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
