import { KNOWN_DIFFERENCES } from '../test/workos/openapi-known-differences.ts'
import { tableRow, withGenerated } from './generated-table.ts'

/** The page of the sandbox with the patches of the OpenAPI document that it is held to. */
export function sandboxDocs(page: string): string {
  const rows = KNOWN_DIFFERENCES.map(({ name, why, source }) => tableRow([`\`${name}\``, why, source]))
  return withGenerated(page, 'patches', ['| Patch | What is so | Source |', '|---|---|---|', ...rows])
}
