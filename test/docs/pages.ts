import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The pages of docs/ relative to the root, without those of the site. */
export const docPages: readonly string[] = globSync('docs/**/*.md', {
  cwd: ROOT,
  exclude: ['docs/site/**'],
}).toSorted()
