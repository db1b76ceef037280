import { nearest } from '../config/nearest.ts'
import type { DialectName } from './dialects.ts'
import { FACT_NAMES } from './facts.ts'

/**
 * Reads a statement with placeholders for facts, `{{ key }}`. Out: the text between the
 * placeholders, or a mistake with its offset.
 */

export interface Template {
  /** Has one more element than `facts`. */
  pieces: readonly string[]
  /** Names of facts, in the order of their placeholders. */
  facts: readonly string[]
}

export interface TemplateMistake {
  /** Characters from the beginning of the text. */
  offset: number
  message: string
  hint: string
}

const PLACE = /\{\{\s*(.*?)\s*\}\}/gs

/**
 * Quotes and comments. A placeholder must be outside them, because its value brings its own quotes.
 * Without an end, each reaches to the end of the text.
 */
const SINGLE = "'(?:[^']|'')*(?:'|$)"
const SINGLE_ESCAPED = String.raw`'(?:[^'\\]|''|\\[\s\S]?)*(?:'|$)`
const DOUBLE = '"(?:[^"]|"")*(?:"|$)'
const DOUBLE_ESCAPED = String.raw`"(?:[^"\\]|""|\\[\s\S]?)*(?:"|$)`
const BACKTICK = '`(?:[^`]|``)*(?:`|$)'
const COMMENT = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`
const HASH_COMMENT = String.raw`#[^\n]*`
const DOLLARS = String.raw`(?<![\w$])\$(\w*)\$[\s\S]*?(?:\$\1\$|$)`

const SPANS: Readonly<Record<DialectName, string>> = {
  postgres: [String.raw`(?<!\w)[eE]${SINGLE_ESCAPED}`, SINGLE, DOUBLE, COMMENT, DOLLARS].join('|'),
  mysql: [SINGLE_ESCAPED, DOUBLE_ESCAPED, BACKTICK, COMMENT, HASH_COMMENT].join('|'),
  // Brackets quote names, as in SQL Server.
  sqlite: [SINGLE, DOUBLE, BACKTICK, String.raw`\[[^\]]*(?:\]|$)`, COMMENT].join('|'),
}

export function readTemplate(text: string, dialect: DialectName): Template | TemplateMistake {
  const closed = text.trim().replace(/;\s*$/, '')
  const start = text.length - text.trimStart().length
  const pieces: string[] = []
  const facts: string[] = []
  const spans = spansOf(closed, dialect)
  const open = spans.find((span) => isOpen(span, dialect))
  if (open !== undefined) return unclosed(open, start)
  let after = 0
  for (const place of closed.matchAll(PLACE)) {
    const { index } = place
    const name = place[1] ?? ''
    const span = spans.find((one) => index >= one.start && index < one.end)
    if (span !== undefined) return inside(span, { offset: start + index, name })
    if (!FACT_NAMES.includes(name)) return unknown(name, start + index)
    pieces.push(closed.slice(after, index))
    facts.push(name)
    after = index + place[0].length
  }
  // The semicolon must not be part of a comment.
  const last = spans.at(-1)
  const isComment = last !== undefined && last.end === closed.length && /^(--|#)/.test(last.text)
  pieces.push(closed.slice(after) + (isComment ? '\n' : ''))
  if (facts.length > 0) return { pieces, facts }
  const hint = 'add placeholders: update users set workos_id = {{ workos_id }} where id = {{ key }}'
  return { offset: 0, message: 'it has no placeholder, so all statements would be the same', hint }
}

interface Span {
  start: number
  end: number
  text: string
}

function spansOf(text: string, dialect: DialectName): Span[] {
  return [...text.matchAll(new RegExp(SPANS[dialect], 'g'))].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
    text: found,
  }))
}

/**
 * Whether a quote or comment has no end, or a comment contains another one, which databases treat
 * differently.
 */
function isOpen({ text }: Span, dialect: DialectName): boolean {
  if (/^(--|#)/.test(text)) return false
  if (text.startsWith('/*')) return !text.endsWith('*/') || text.length < 4 || text.indexOf('/*', 2) >= 0
  if (text.startsWith('[')) return !text.endsWith(']')
  const tag = /^\$\w*\$/.exec(text)?.[0]
  if (tag !== undefined) return text.length < 2 * tag.length || !text.endsWith(tag)
  const escapes = dialect === 'mysql' || /^[eE]/.test(text)
  const quotes = (escapes ? text.replace(/\\[\s\S]/g, '') : text).split(openerOf(text)).length - 1
  return quotes % 2 === 1
}

function openerOf(text: string): string {
  if (/^(--|\/\*)/.test(text)) return text.slice(0, 2)
  return /^[eE]/.test(text) ? "'" : text.slice(0, 1)
}

function unclosed(span: Span, start: number): TemplateMistake {
  const opener = openerOf(span.text)
  const message = `the ${opener} is not closed, or contains another one`
  return { offset: start + span.start, message, hint: 'close it, or remove it' }
}

function inside({ text }: Span, { offset, name }: { offset: number; name: string }): TemplateMistake {
  const message = `{{ ${name} }} is inside ${openerOf(text)}, but a value already has quotes`
  return { offset, message, hint: `write {{ ${name} }} outside quotes and comments` }
}

function unknown(name: string, offset: number): TemplateMistake {
  const close = nearest(name, FACT_NAMES)
  const hint = `${close === undefined ? '' : `did you mean {{ ${close} }}? `}use one of ${FACT_NAMES.join(', ')}`
  return { offset, message: `there is no value {{ ${name} }}`, hint }
}

export function isMistake(read: Template | TemplateMistake): read is TemplateMistake {
  return 'message' in read
}
