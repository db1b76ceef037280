import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions, kindRemarks, kindRemedies } from '../../src/kinds/registry.ts'

const reporting = fileURLToPath(new URL('../../src/reporting/', import.meta.url))

const lines = readdirSync(reporting, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    readFileSync(join(reporting, file), 'utf8')
      .split('\n')
      .map((text) => ({ file, text })),
  )

const names = [...new Set([...draftDefinitions, ...kindDefinitions].map(({ name }) => name))]

test('reporting holds the name of no kind', () => {
  expect(names).toContain('totp-factor')
  const quoted = new RegExp(`(['"\`])(?:${names.join('|')})(?:\\1|:\\$\\{)`)
  expect(lines.filter(({ text }) => quoted.test(text))).toEqual([])
})

test('reporting holds no SQL', () => {
  expect(lines.filter(({ text }) => /\bSELECT\b|\.(?:prepare|statement)\(/.test(text))).toEqual([])
})

test('a code means one thing, whatever kind it is about', () => {
  const definitions = [...new Set([...draftDefinitions, ...kindDefinitions])]
  for (const [joined, of] of [
    [kindRemarks, definitions.map(({ remarks = {} }) => remarks)],
    [kindRemedies, definitions.map(({ remedies = {} }) => remedies)],
  ] as const) {
    const codes = new Set(of.flatMap(Object.keys))
    expect(codes.size).toBeGreaterThan(10)
    for (const code of codes) {
      const meanings = of.flatMap((words) => (code in words ? [words[code]] : []))
      expect([code, meanings]).toEqual([code, meanings.map(() => joined[code])])
    }
  }
})
