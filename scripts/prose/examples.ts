import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What tests and pages quote of the program's messages. */
const QUOTES = ['test/**/*.ts', 'docs/**/*.md', 'README.md']

/** The value of a placeholder within a message, and at one of its ends. Characters. */
const INNER = '[^\\n]{0,80}?'
const OUTER = "[^\\n`'(]{1,80}"

/**
 * Finds an example of each message with placeholders: a line of a test or a page that fits it.
 * @returns undefined for a message without placeholders, and for one that no line fits
 */
export function exampleFinder(): (message: string) => string | undefined {
  const files = globSync(QUOTES, { cwd: ROOT, exclude: ['docs/site/**'] })
  const text = files.map((file) => readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'")).join('\n')
  return (message) => {
    const parts = message.split('…')
    if (parts.length === 1) return undefined
    const longest = parts.toSorted((a, b) => b.length - a.length)[0] ?? ''
    if (longest.trim().length < 6) return undefined
    const inner = parts.map((part) => RegExp.escape(part.trim())).join(INNER)
    const fits = new RegExp(`${parts[0] === '' ? OUTER : ''}${inner}${parts.at(-1) === '' ? OUTER : ''}`)
    for (let at = text.indexOf(longest); at >= 0; at = text.indexOf(longest, at + 1)) {
      const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at + longest.length))
      const [example] = fits.exec(line) ?? []
      if (example !== undefined && !example.includes('${')) return example
    }
    return undefined
  }
}
