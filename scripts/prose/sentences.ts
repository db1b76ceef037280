import writeGood from 'write-good'

/** Words. https://developers.google.com/style/translation recommends short sentences. */
const LONG = 25

export interface Figures {
  sentences: number
  /** Words per sentence. */
  words: number
  /** Shares of all sentences. */
  long: number
  passive: number
}

/** The sentences of a Markdown page, without code, tables, headings, links and comments. */
export function sentencesOf(markdown: string): string[] {
  const prose = markdown
    .replaceAll(/^---\n.*?^---\n/gms, '')
    .replaceAll(/^ *(`{3,}).*?^ *\1/gms, '\n\n')
    .replaceAll(/<!--.*?-->/gs, '')
    .replaceAll(/^ *\|.*$/gm, '\n')
    .replaceAll(/^#+ .*$/gm, '\n')
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/^\s*(?:[-*>]|\d+\.)\s+/gm, '\n\n')
  return prose.split(/\n\s*\n/).flatMap((paragraph) => split(inOneLine(paragraph)))
}

/** Inline code counts as one word, and can begin a sentence. */
function inOneLine(text: string): string {
  return text
    .replaceAll(/(?<=[.!?]["”)]?\s+)`[^`]*`/g, 'Code')
    .replaceAll(/`[^`]*`/g, 'code')
    .replaceAll(/[*_]{1,2}(\S[^*_]*)[*_]{1,2}/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function split(paragraph: string): string[] {
  return paragraph.split(/(?<=[.!?])["”)]?\s+(?=[\p{Lu}\d"“(])/u).filter((sentence) => wordsOf(sentence) > 2)
}

function wordsOf(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length
}

/** The sentences with more than 25 words. */
export function longSentencesOf(sentences: readonly string[]): string[] {
  return sentences.filter((sentence) => wordsOf(sentence) > LONG)
}

export function figuresOf(sentences: readonly string[]): Figures {
  const share = (of: number) => of / Math.max(1, sentences.length)
  return {
    sentences: sentences.length,
    words: share(sentences.reduce((sum, sentence) => sum + wordsOf(sentence), 0)),
    long: share(longSentencesOf(sentences).length),
    passive: share(sentences.filter(isPassive).length),
  }
}

const NOTHING_ELSE = {
  weasel: false,
  illusion: false,
  so: false,
  thereIs: false,
  adverb: false,
  tooWordy: false,
  cliches: false,
}

function isPassive(sentence: string): boolean {
  return writeGood(sentence, { ...NOTHING_ELSE, passive: true }).length > 0
}

/**
 * Findings of write-good in a sentence: a doubled word or a cliché. Its other rules reject good
 * sentences too.
 */
export function faultsOf(sentence: string): string[] {
  let names = 0
  // Names of code in a row are not a doubled word.
  const text = sentence.replaceAll(/\bcode\b|…/g, () => `code${++names}`)
  return writeGood(text, { ...NOTHING_ELSE, passive: false, illusion: true, cliches: true }).map(({ reason }) => reason)
}

/** The sentences of messages. */
export function sentencesOfMessages(texts: readonly string[]): string[] {
  return texts.flatMap((text) => split(inOneLine(text)))
}
