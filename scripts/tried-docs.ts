import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ORIGINS } from '../test/tried.ts'
import { tableRow, withGenerated } from './generated-table.ts'

const TESTS = fileURLToPath(new URL('../test/', import.meta.url))

/** See test/tried.ts. */
export interface Tried {
  origin: string
  format: string
  input: string
  /** Relative to test/. */
  file: string
}

const TEXT = String.raw`('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`
const CALL = new RegExp(String.raw`\btried\(\s*${TEXT},\s*${TEXT},\s*${TEXT},?\s*\)`, 'g')

/** The placeholder of `test.each` at the end of a title. */
const CASES = /(?:: | \()?%[sijd#](?:, (?:case )?%[sijd#])*\)?$/

/**
 * The `tried` titles in the text of a test file.
 * @throws Error for a title that is not a literal
 */
export function triedIn(text: string, file: string): Tried[] {
  const found = [...text.matchAll(CALL)].map(([, origin = '', format = '', input = '']) => {
    const [plain, shape, what] = [origin, format, input].map((part) => part.slice(1, -1).replace(/\\(.)/g, '$1'))
    return { origin: plain ?? '', format: shape ?? '', input: (what ?? '').replace(CASES, ''), file }
  })
  const called = text.match(/\btried\(/g)?.length ?? 0
  if (called !== found.length) throw new Error(`${file}: tried(…) takes three texts, written out`)
  for (const { origin } of found) {
    if (!ORIGINS.some((known) => known === origin)) throw new Error(`${file}: no origin is called ${origin}`)
  }
  return found
}

/** The titles of all test files, except the tests of this script. */
function allTried(): Tried[] {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.test.ts') && !name.startsWith('docs'),
  )
  return files.sort().flatMap((file) => triedIn(readFileSync(join(TESTS, file), 'utf8'), file.replaceAll('\\', '/')))
}

/**
 * The page of sources with the table of what was tried: a row per format, in the order of the
 * origins.
 */
export function triedDocs(page: string, tried: readonly Tried[] = allTried()): string {
  const rows = ORIGINS.flatMap((origin) => {
    const ofOrigin = tried.filter((one) => one.origin === origin)
    const formats = [...new Set(ofOrigin.map(({ format }) => format))].sort()
    return formats.map((format, index) => {
      const inputs = ofOrigin.filter((one) => one.format === format)
      const files = [...new Set(inputs.map(({ file }) => file))]
      const links = files.map((file) => `[${file.replace(/\.test\.ts$/, '')}](../../../test/${file})`)
      return tableRow([
        index === 0 ? origin : '',
        format,
        inputs.map(({ input }) => input).join('; '),
        links.join(', '),
      ])
    })
  })
  return withGenerated(page, 'tried', ['| Origin | Format | What was tried | Tests |', '|---|---|---|---|', ...rows])
}
