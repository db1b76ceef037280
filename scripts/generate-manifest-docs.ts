import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expressionDocs } from './expression-docs.ts'
import { manifestDocs } from './manifest-docs.ts'

// Run after a change of the schema or of a function: npm run docs
write('manifest.md', manifestDocs())
write('expressions.md', expressionDocs())

function write(name: string, text: string): void {
  writeFileSync(fileURLToPath(new URL(`../docs/reference/${name}`, import.meta.url)), text)
}
