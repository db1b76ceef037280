import { statSync } from 'node:fs'
import {
  type Alias,
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseAllDocuments,
  type YAMLError,
} from 'yaml'
import { codeOf, ManifestError } from '../diagnostics/errors.ts'
import type { Location, Problem } from '../diagnostics/problem.ts'
import { type Redactor, registerWrittenKeys } from '../diagnostics/redactor.ts'
import { NotRegularFile, readRegular } from '../files/regular-file.ts'
import { parsedRecipe } from './parsed-recipes.ts'
import {
  type Branch,
  type Entry,
  locationOf,
  type ManifestText,
  type Place,
  type ScalarStyle,
  type Tree,
} from './tree.ts'

/** The most values that aliases can add: a few nested aliases can expand to billions. */
const MAX_ALIASED = 10_000

const STYLES: Record<string, ScalarStyle> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
}

/**
 * Reads one manifest file (YAML 1.2, which includes JSON) and registers API keys in it.
 * @param from the place that names the file
 * @throws ManifestError with all problems of its text
 */
export function parseFile(file: string, redactor: Redactor, from?: Location): Branch {
  const text = readText(file, from)
  registerWrittenKeys(text.text, redactor)
  const recipe = parsedRecipe(text)
  if (recipe !== undefined) return recipe
  const documents = parseText(text)
  const [document, second] = documents
  const start = { file, line: 1, column: 1 }
  if (!document || (document.contents === null && document.errors.length === 0)) {
    const hint = 'add at least source and target'
    throw new ManifestError({ code: 'empty_manifest', message: 'the file is empty', hint, at: start })
  }
  const errors = [...document.errors, ...document.warnings]
  if (errors.length > 0) throw new ManifestError(firstCauses(errors).map((error) => describe(error, text)))
  if (second) {
    const at = placeAt(text, second.range)
    const message = 'the file contains more than one YAML document'
    const hint = 'keep one document, and move variants to environments'
    throw new ManifestError({ code: 'several_documents', message, hint, at: locationOf(at) })
  }
  const converter = new Converter(text, document)
  const tree = converter.convert(document.contents, { text, start: 0, end: 0 })
  if (converter.problems.length > 0) throw new ManifestError(converter.problems)
  if (tree.kind === 'branch') return tree
  const message = `a manifest must be an object of keys and values, but this is a ${tree.kind === 'list' ? 'list' : 'single value'}`
  const hint = 'check that this file is the manifest; it begins like source: { type: csv, path: ./users.csv }'
  throw new ManifestError({ code: 'not_an_object', message, hint, at: locationOf(tree.place) })
}

/** @throws ManifestError for a file that is missing, not regular, too large or not UTF-8 */
function readText(file: string, from?: Location): ManifestText {
  const bytes = readBytes(file, from)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { file, text, lines: linesOf(text) }
  } catch {
    throw new ManifestError({
      code: 'wrong_encoding',
      message: encodingProblem(bytes),
      hint: 'save the file as UTF-8',
      at: { file, ...firstInvalid(bytes) },
    })
  }
}

/** Far above any manifest: a larger file is probably an export. */
const MAX_BYTES = 4 * 1024 * 1024

function readBytes(file: string, from: Location | undefined): Buffer {
  try {
    if (statSync(file).size > MAX_BYTES) {
      throw problem(
        'manifest_too_large',
        `${file} is larger than ${MAX_BYTES} bytes`,
        'check that this file is a manifest',
        { file },
      )
    }
    return readRegular(file)
  } catch (error) {
    if (error instanceof ManifestError) throw error
    if (error instanceof NotRegularFile) {
      const hint = error.what === 'a folder' ? 'name the file in it' : 'name a regular file'
      throw problem('not_a_file', `${file} is ${error.what}`, hint, from ?? { file })
    }
    const reason = codeOf(error) ?? 'unknown'
    if (reason === 'ENOENT' || reason === 'ENOTDIR') {
      throw problem('missing_file', `there is no file ${file}`, 'check the path', from ?? { file })
    }
    throw problem('unreadable_file', `${file} cannot be read (${reason})`, 'check its permissions', from ?? { file })
  }
}

function problem(code: string, message: string, hint: string, at: Location): ManifestError {
  return new ManifestError({ code, message, hint, at })
}

/** The YAML parser miscounts lines after some errors, so count them here. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  return lines
}

function encodingProblem(bytes: Buffer): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'the file is UTF-16, not UTF-8'
  return 'the file is not UTF-8: it contains an invalid byte here'
}

/** The place of the first invalid byte. */
function firstInvalid(bytes: Buffer): { line: number; column: number } {
  let valid = 0
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let end = 0; end < bytes.length; end++) {
    try {
      const text = decoder.decode(bytes.subarray(end, end + 1), { stream: true })
      if (text !== '') valid = end + 1
    } catch {
      break
    }
  }
  const lines = bytes.subarray(0, valid).toString('utf8').split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

function parseText(text: ManifestText): readonly Document.Parsed[] {
  const deep = tooDeepAt(text.text)
  if (deep !== undefined) {
    const line = text.text.slice(0, deep).split('\n').length
    const message = `the file is nested more than ${MAX_NESTING} levels deep`
    throw new ManifestError({ code: 'nested_too_deep', message, at: { file: text.file, line } })
  }
  const documents = parseAllDocuments(text.text, { prettyErrors: false, version: '1.2' })
  return Array.isArray(documents) ? documents : []
}

/** Drops the errors for every token after the first unexpected one. */
function firstCauses(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = errors.findIndex((error) => error.code === 'UNEXPECTED_TOKEN')
  return errors.filter((error, index) => index <= first || first === -1 || error.code !== 'UNEXPECTED_TOKEN')
}

function describe(error: YAMLError, text: ManifestText): Problem {
  const at = locationOf({ text, start: error.pos[0], end: error.pos[1] })
  if (error.code === 'DUPLICATE_KEY') {
    const key = text.text.slice(error.pos[0]).split(/[:\n]/, 1)[0]?.trim()
    return {
      code: 'duplicate_key',
      message: `the key ${key} is already defined above`,
      hint: 'keep one of the two',
      at,
    }
  }
  const line = text.text.split('\n')[(at.line ?? 1) - 1] ?? ''
  return {
    code: 'invalid_yaml',
    message: `broken YAML: ${withoutSource(error.message)}`,
    hint: hintFor(error, line),
    at,
  }
}

function hintFor(error: YAMLError, line: string): string | undefined {
  if (/[{,[].*[:,[]\s*\$\{/.test(line)) return `put a reference inside { } and [ ] in quotes: "\${NAME}"`
  if (error.code === 'MISSING_CHAR' || /end with a [}\]]/.test(error.message)) return 'close the bracket or quote'
  if (error.code === 'TAB_AS_INDENT') return 'indent with spaces'
  if (error.code === 'BAD_INDENT' || error.code === 'BLOCK_AS_IMPLICIT_KEY') return 'check the indentation'
  if (/[:#]/.test(line)) return 'put a value that contains ": " or " #" in quotes'
  return undefined
}

/** The message of the parser without quoted text, which can be a secret. */
function withoutSource(message: string): string {
  return (message.charAt(0).toLowerCase() + message.slice(1)).replace(/( in YAML stream|yaml token): .*$/is, '$1')
}

function placeAt(text: ManifestText, range: readonly number[] | null | undefined): Place {
  const start = range?.[0] ?? 0
  return { text, start, end: range?.[1] ?? start }
}

/** Converts YAML nodes to a tree with places, and resolves aliases. */
class Converter {
  readonly problems: Problem[] = []
  readonly #text: ManifestText
  readonly #document: Document.Parsed
  readonly #open = new Set<unknown>()
  #aliased = 0
  #insideAlias = 0

  constructor(text: ManifestText, document: Document.Parsed) {
    this.#text = text
    this.#document = document
  }

  convert(node: unknown, around: Place): Tree {
    if (this.#insideAlias > 0) this.#aliased++
    if (isAlias(node)) return this.#alias(node)
    if (isMap(node)) {
      const place = placeAt(this.#text, node.range)
      return this.#guarded(node, place, () => ({ kind: 'branch', entries: this.#entries(node.items, place), place }))
    }
    if (isSeq(node)) {
      const place = placeAt(this.#text, node.range)
      const items = () => node.items.map((item) => this.convert(item, place))
      return this.#guarded(node, place, () => ({ kind: 'list', items: items(), place }))
    }
    if (!isScalar(node)) return { kind: 'scalar', value: null, style: 'plain', place: around }
    return this.#scalar(node.value, STYLES[node.type ?? ''] ?? 'plain', placeAt(this.#text, node.range))
  }

  #scalar(value: unknown, style: ScalarStyle, place: Place): Tree {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', value, style, place }
    }
    this.#addIssue('unknown_tag', 'a value with an unknown tag', 'remove the tag', place)
    return { kind: 'scalar', value: null, style, place }
  }

  #entries(items: readonly { key: unknown; value: unknown }[], place: Place): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const { key, value } of items) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : undefined
      const at = isScalar(key) ? placeAt(this.#text, key.range) : place
      if (name === undefined) this.#addIssue('invalid_key', 'a key is not text', 'use plain text as the key', at)
      else if (name === '__proto__') this.#addIssue('invalid_key', 'the key __proto__ is not allowed', 'rename it', at)
      else if (name === '<<') {
        const hint = 'use extends, or an alias for the whole value: YAML 1.2 has no merge keys'
        this.#addIssue('invalid_key', 'the key << does not merge', hint, at)
      } else if (entries.has(name)) {
        this.#addIssue('duplicate_key', `the key ${name} is already defined above`, 'keep one of the two', at)
      } else entries.set(name, this.#entry(at, value))
    }
    return entries
  }

  #entry(key: Place, node: unknown): Entry {
    const value = this.convert(node, key)
    if (value.kind === 'scalar' && value.value === null) return { key, value: { kind: 'removed', place: value.place } }
    return { key, value }
  }

  #alias(node: Alias): Tree {
    const place = placeAt(this.#text, node.range)
    if (this.#aliased > MAX_ALIASED) {
      if (this.#aliased !== Number.POSITIVE_INFINITY) {
        this.#addIssue(
          'too_many_aliases',
          `aliases expand to more than ${MAX_ALIASED} values`,
          'write the values out',
          place,
        )
      }
      this.#aliased = Number.POSITIVE_INFINITY
      return { kind: 'removed', place }
    }
    const anchored = node.resolve(this.#document)
    if (anchored === undefined) {
      const hint = 'define it with & first, or put the value in quotes if it is text'
      this.#addIssue('unknown_alias', `the alias *${node.source} is not defined`, hint, place)
    }
    this.#insideAlias++
    const tree = this.convert(anchored, place)
    this.#insideAlias--
    return tree
  }

  #guarded(node: unknown, place: Place, convert: () => Tree): Tree {
    if (this.#open.has(node)) {
      this.#addIssue('alias_cycle', 'an alias refers to a value that contains it', 'write the value out', place)
      return { kind: 'removed', place }
    }
    this.#open.add(node)
    const tree = convert()
    this.#open.delete(node)
    return tree
  }

  #addIssue(code: string, message: string, hint: string, place: Place): void {
    this.problems.push({ code, message, hint, at: locationOf(place) })
  }
}

/**
 * Far deeper than any manifest. The parser recurses and slows down long before a stack overflow.
 */
const MAX_NESTING = 64

const OPENING = new Set(['flow-map-start', 'flow-seq-start'])

const CLOSING = new Set(['flow-map-end', 'flow-seq-end'])

const COMPACT = new Set(['seq-item-ind', 'explicit-key-ind', 'map-value-ind'])

/** The position where the text is nested deeper than MAX_NESTING. Looks only at tokens. */
function tooDeepAt(text: string): number | undefined {
  let [position, brackets, onLine, indentation] = [0, 0, 0, 0]
  let [scalarNext, lineStart] = [false, true]
  for (const token of new Lexer().lex(text)) {
    const type = scalarNext ? 'scalar' : CST.tokenType(token)
    scalarNext = type === 'scalar' && token === CST.SCALAR
    if (token === CST.SCALAR || token === CST.DOCUMENT || token === CST.FLOW_END) continue
    if (type === 'space' && lineStart) indentation = token.length
    if (type === 'newline') [onLine, indentation] = [0, 0]
    if (type !== null && OPENING.has(type)) brackets++
    if (type !== null && CLOSING.has(type)) brackets--
    if (type !== null && COMPACT.has(type)) onLine++
    // A level of block nesting needs at least one column.
    if (brackets + onLine > MAX_NESTING || (lineStart && indentation > MAX_NESTING * 8)) return position
    lineStart = type === 'newline'
    position += token.length
  }
  return undefined
}
