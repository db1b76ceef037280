import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apiDocs } from './api-docs.ts'
import { commandsDocs } from './commands-docs.ts'
import { expressionDocs } from './expression-docs.ts'
import { manifestDocs } from './manifest-docs.ts'
import { manifestTypes } from './manifest-types.ts'
import { withBlocks } from './review/page.ts'
import { sandboxDocs } from './sandbox-docs.ts'
import { SHOWN, shownIn } from './shown.ts'
import { triedDocs } from './tried-docs.ts'

// npm run docs: run it after a change of the schema, a function, the known facts of the WorkOS API,
// or the titles of tests with `tried`.
write('docs/reference/manifest.md', manifestDocs())
write('docs/reference/api.md', apiDocs())
write('docs/reference/commands.md', commandsDocs())
write('docs/reference/expressions.md', expressionDocs())
write('src/config/manifest-types.ts', manifestTypes())

change('docs/how-to/sandbox.md', sandboxDocs)
change('docs/how-to/sources/README.md', triedDocs)

for (const page of Object.keys(SHOWN)) {
  const blocks = await shownIn(page)
  change(page, (text) => withBlocks(text, blocks))
}

function change(name: string, changed: (text: string) => string): void {
  write(name, changed(readFileSync(pathOf(name), 'utf8')))
}

function write(name: string, text: string): void {
  writeFileSync(pathOf(name), text)
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}
