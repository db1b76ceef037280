import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expressionDocs } from './expression-docs.ts'
import { manifestDocs } from './manifest-docs.ts'
import { manifestTypes } from './manifest-types.ts'

// Run after a change of the schema or of a function: npm run docs
write('docs/reference/manifest.md', manifestDocs())
write('docs/reference/expressions.md', expressionDocs())
write('src/config/manifest-types.ts', manifestTypes())

function write(name: string, text: string): void {
  writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), text)
}
