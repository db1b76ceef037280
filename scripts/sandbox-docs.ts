import { KNOWN_DIFFERENCES } from '../test/workos/openapi-known-differences.ts'
import { tableRow, withGenerated } from './generated-table.ts'

/** Adds the patches of the OpenAPI document to the page of the sandbox. */
export function sandboxDocs(page: string): string {
  const rows = KNOWN_DIFFERENCES.map(({ name, why, source }) => tableRow([`\`${name}\``, why, source]))
  return withGenerated(page, 'patches', ['| Patch | What is so | Source |', '|---|---|---|', ...rows])
}
