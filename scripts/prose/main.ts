/**
 * npm run prose                 words per sentence, and the share of long and of passive sentences
 * npm run prose -- FILE…        the same for these pages
 * npm run prose -- --messages   every message with its place and an example
 */
import { globSync, readFileSync } from 'node:fs'
import { exampleFinder } from './examples.ts'
import { messagesOfCode, messagesOfSchemas } from './messages.ts'
import { type Figures, figuresOf, sentencesOf, sentencesOfMessages } from './sentences.ts'

const args = process.argv.slice(2)
if (args.includes('--messages')) {
  const exampleOf = exampleFinder()
  for (const { place, text } of messagesOfCode()) {
    const example = exampleOf(text)
    process.stdout.write(`${place} ${JSON.stringify(text)}${example === undefined ? '' : `  e.g. ${example}`}\n`)
  }
} else if (args.length > 0) {
  for (const file of args) print(file, figuresOf(sentencesOf(readFileSync(file, 'utf8'))))
} else {
  const pages = ['README.md', ...globSync('docs/**/*.md', { exclude: ['docs/site/**', 'docs/decisions/**'] })]
  print('pages', figuresOf(pages.flatMap((page) => sentencesOf(readFileSync(page, 'utf8')))))
  print('messages', figuresOf(sentencesOfMessages(messagesOfCode().map(({ text }) => text))))
  print('schemas', figuresOf(sentencesOfMessages(messagesOfSchemas().map(({ text }) => text))))
}

function print(name: string, { sentences, words, long, passive }: Figures): void {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  process.stdout.write(
    `${name.padEnd(32)} ${String(sentences).padStart(6)} sentences, ${words.toFixed(1)} words each, ${percent(long)} over 25 words, ${percent(passive)} passive\n`,
  )
}
