import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** The files of planning that decide what becomes of a resource. */
const DECIDING = [
  'candidates',
  'decide',
  'decide-unknown',
  'look-up',
  'phases',
  'plan-kind',
  'planning-context',
  'references',
  'still-reduced',
].map((name) => `planning/${name}.ts`)

const VERIFYING = readdirSync(`${src}verifying`).map((name) => `verifying/${name}`)

const KINDS = new Set([...kindDefinitions, ...draftDefinitions].map(({ name }) => name))

test.each([...DECIDING, ...VERIFYING])('%s knows no kind by its name', (file) => {
  const code = readFileSync(`${src}${file}`, 'utf8')
  const quoted = [...code.matchAll(/(['"`])([\w-]+)\1/g)].map((match) => match[2] ?? '')
  expect(quoted.filter((text) => KINDS.has(text))).toEqual([])
  const folders = [...code.matchAll(/from '\.\.\/kinds\/([\w-]+)\//g)].map((match) => match[1])
  expect(folders).toEqual([])
})

test.each([...DECIDING, ...VERIFYING])('%s asks the run database by name, not in SQL', (file) => {
  const code = readFileSync(`${src}${file}`, 'utf8')
  expect(code.match(/\b(SELECT|INSERT|UPDATE|DELETE|CREATE)\b|\.(statement|prepare|count|run|exec)\(/g)).toBeNull()
})
