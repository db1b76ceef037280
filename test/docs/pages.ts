import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The pages of docs/, from the project's root, without what the site brings with it. */
export const docPages: readonly string[] = globSync('docs/**/*.md', {
  cwd: ROOT,
  exclude: ['docs/site/**'],
}).toSorted()
