import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Node, parse, type TemplateLiteral } from 'acorn'
import { simple } from 'acorn-walk'
import { parseDocument, visit } from 'yaml'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A message of the program, with `…` for its placeholders. */
export interface Message {
  /** `src/cli/run.ts:12` */
  place: string
  text: string
}

/** Shorter texts are names, headings or words of a format. */
const WORDS_OF_A_MESSAGE = 4

/** SQL, expressions, patterns, styles and code are not prose. */
const NO_PROSE =
  /\b(SELECT|INSERT|UPDATE|DELETE FROM|CREATE|PRAGMA|VALUES|WHERE|COMMIT|BEGIN|AND NOT)\b|[{}]\s*$|^[.#]\w|=>|:=|^\s*<|\$\w+\(|^https?:|\\[dws]|^[\w-]+( --?[\w-]+)+$/

/** Every text of several words in src, except SQL and expressions. */
export function messagesOfCode(): Message[] {
  return globSync('src/**/*.ts', { cwd: ROOT })
    .toSorted()
    .flatMap((file) => textsIn(file, stripped(readFileSync(join(ROOT, file), 'utf8'))))
}

/** The descriptions in the schemas. */
export function messagesOfSchemas(): Message[] {
  return globSync('schemas/*.json', { cwd: ROOT })
    .toSorted()
    .flatMap((file) => descriptionsIn(file, readFileSync(join(ROOT, file), 'utf8')))
}

/**
 * Replaces types with spaces, so that line numbers stay. Suppresses the warning of Node.js that
 * this API is experimental.
 */
function stripped(code: string): string {
  const warn = process.emitWarning
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(code)
  } finally {
    process.emitWarning = warn
  }
}

function textsIn(file: string, code: string): Message[] {
  const found: Message[] = []
  const add = (node: Node, text: string) => {
    if (!isMessage(text)) return
    found.push({ place: `${file}:${code.slice(0, node.start).split('\n').length}`, text })
  }
  simple(parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }), {
    Literal(node) {
      if (typeof node.value === 'string') add(node, node.value)
    },
    TemplateLiteral(node) {
      add(node, filledIn(node))
    },
  })
  return found
}

function filledIn({ quasis }: TemplateLiteral): string {
  return quasis.map(({ value }) => value.cooked ?? '').join('…')
}

function isMessage(text: string): boolean {
  const words = text.split(/\s+/).filter((word) => /^["'“(`]?[\p{L}]{2,}/u.test(word))
  return words.length >= WORDS_OF_A_MESSAGE && !NO_PROSE.test(text)
}

function descriptionsIn(file: string, json: string): Message[] {
  const found: Message[] = []
  visit(parseDocument(json), {
    Pair(_, { key, value }) {
      const name = String(key)
      const text = String(value)
      if ((name !== 'description' && name !== 'x-default') || !isMessage(text)) return
      const at = (value as { range?: number[] } | null)?.range?.[0] ?? 0
      found.push({ place: `${file}:${json.slice(0, at).split('\n').length}`, text })
    },
  })
  return found
}
