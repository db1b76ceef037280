import { KNOWN_DIFFERENCES } from '../test/workos/openapi-known-differences.ts'
import { tableRow, withGenerated } from './generated-table.ts'

/** The sandbox page, with its table of patches to the OpenAPI document. */
export function sandboxDocs(page: string): string {
  const rows = KNOWN_DIFFERENCES.map(({ name, why, source }) => tableRow([`\`${name}\``, why, source]))
  return withGenerated(page, 'patches', ['| Patch | Difference | Source |', '|---|---|---|', ...rows])
}
