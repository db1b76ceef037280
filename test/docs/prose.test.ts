import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { messagesOfCode, messagesOfSchemas } from '../../scripts/prose/messages.ts'
import { faultsOf, figuresOf, longSentencesOf, sentencesOf } from '../../scripts/prose/sentences.ts'
import { docPages } from './pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (page: string) => readFileSync(`${ROOT}/${page}`, 'utf8')

const STYLE = 'docs/style.md'
const WORDS = [...read(STYLE).matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)]
  .flatMap(([, words = '']) => words.split(', '))
  .filter((word) => word !== 'Do not write')
// "If there is none" is allowed, "the key is none" is not.
const FORBIDDEN = new RegExp(`\\b(?<!there )(?:${WORDS.join('|')})\\b`, 'i')

const prose = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'AGENTS.md', ...docPages].filter(
  (page) => page !== STYLE,
)

test('the style page lists forbidden words', () => {
  expect(WORDS.length).toBeGreaterThan(10)
  expect('It is told of a role.').toMatch(FORBIDDEN)
})

test.each(prose)('%s has no forbidden words', (page) => {
  const lines = read(page)
    .replaceAll(/\s+/g, ' ')
    .match(new RegExp(`.{0,40}${FORBIDDEN.source}.{0,40}`, 'gi'))
  expect(lines ?? []).toEqual([])
})

test('messages and schemas have no forbidden words', () => {
  const found = [...messagesOfCode(), ...messagesOfSchemas()].filter(({ text }) => FORBIDDEN.test(text))
  expect(found.map(({ place, text }) => `${place}: ${text}`)).toEqual([])
})

test('no sentence of a page has a doubled word or a cliché', () => {
  const sentences = prose.flatMap((page) => sentencesOf(read(page)))
  expect(faultsOf('It is is crystal clear.')).toHaveLength(2)
  expect(sentences.flatMap((sentence) => faultsOf(sentence).map((fault) => `${fault}: ${sentence}`))).toEqual([])
})

test('no sentence of a page has more than 25 words', () => {
  const sample = 'word '.repeat(25)
  expect(longSentencesOf([`${sample}.`, `${sample}more.`])).toEqual([`${sample}more.`])
  const found = prose.flatMap((page) => longSentencesOf(sentencesOf(read(page))).map((long) => `${page}: ${long}`))
  expect(found).toEqual([])
})

test('sentences are found only in prose', () => {
  const page = `# Title of a page

Words in \`code that is long\` count as one. Another [sentence follows](x.md)
here.

| a table | is no sentence at all |

- An item is a sentence
- Another one as well

\`\`\`sh
this is not a sentence
\`\`\`
`
  const sentences = sentencesOf(page)
  expect(sentences).toEqual([
    'Words in code count as one.',
    'Another sentence follows here.',
    'An item is a sentence',
    'Another one as well',
  ])
  expect(figuresOf([...sentences, 'The file was read by nobody.'])).toMatchObject({
    sentences: 5,
    long: 0,
    passive: 0.2,
  })
})
