import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MEANINGS, WORDS_OF } from '../../src/cli/definitions/tools.ts'
import { command } from '../cli/harness.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8')

/** The first and second cells of a text with a table. */
const rowsOf = (text: string): [string, string][] =>
  [...text.matchAll(/^\| ([^|]+?) \| ([^|]+?) \|$/gm)].map(([, word = '', meaning = '']) => [word, meaning])

const help = async (...args: string[]) => (await command(args, { cwd: '/' })).stdout
const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ')

test('the glossary of the docs and of the program are the same', async () => {
  const [words = '', terms = ''] = page('glossary.md').split('\n## Terms\n')
  const [, ...rows] = rowsOf(words)
  expect(rows).toEqual(Object.entries(MEANINGS))
  const all = [...rows, ...rowsOf(terms)].map(([word]) => word)
  expect(all).toHaveLength(new Set(all).size)
  const shown = inOneLine(await help('help', 'words'))
  for (const [word, meaning] of Object.entries(MEANINGS)) expect(shown).toContain(`${word} ${meaning}`)
  expect(inOneLine(await help('words'))).toContain(inOneLine(`drift ${MEANINGS.drift}`))
})

test.each(Object.entries(WORDS_OF))('the help of %s ends with the words that it uses', async (name, words) => {
  const shown = inOneLine(await help(name, '--help'))
  for (const word of words) expect(shown).toContain(`${word} ${MEANINGS[word]}`)
  expect(shown).toContain('workos-migrate help words')
})

test('no line of the words is wider than 80 columns', async () => {
  const lines = (await help('words')).split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})
