import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { draftDefinitions, kindDefinitions } from '../../src/kinds/registry.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** A kind is known by its definition: what is special about one stands in its folder. */
test.each(['applying', 'comparing'])('%s/ holds the name of no kind, and asks none by its folder', (folder) => {
  const names = [...new Set([...kindDefinitions, ...draftDefinitions].map(({ name }) => name))].join('|')
  const mark = new RegExp(`(['"\`])(${names})\\1|kinds/(?!kind|registry|draft)[\\w-]+`)
  const files = readdirSync(`${src}${folder}`)
  const found = files.flatMap((file) =>
    readFileSync(`${src}${folder}/${file}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => (mark.test(line) ? [`${folder}/${file}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(files.length).toBeGreaterThan(5)
  expect(found).toEqual([])
})

test('applying/ and comparing/ hold no SQL', () => {
  const files = ['applying', 'comparing'].flatMap((folder) =>
    readdirSync(`${src}${folder}`).map((file) => `${folder}/${file}`),
  )
  const found = files.filter((file) =>
    /\b(SELECT|INSERT|UPDATE|DELETE FROM)\b/.test(readFileSync(`${src}${file}`, 'utf8')),
  )
  expect(found).toEqual([])
})
