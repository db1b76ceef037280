import type { JsonObject } from '../../json.ts'
import type { ValueProblem } from '../draft.ts'
import { take } from './check.ts'
import { optionalText } from './text.ts'

/** WorkOS's limits on the texts of a role and of a permission, in characters. */
const MAX_LENGTH = { name: 48, description: 150 }

/** The name and the description of a role or a permission, where the source gives them. */
export function readLabels(what: string, fields: Record<string, unknown>, problems: ValueProblem[]): JsonObject {
  const labels: JsonObject = {}
  for (const field of ['name', 'description'] as const) {
    const text = take(field, optionalText(fields[field]), problems)
    if (text === undefined) continue
    labels[field] = text
    if (text.length <= MAX_LENGTH[field]) continue
    problems.push({
      code: `${what.split(' ')[0]}_text_too_long`,
      field,
      message: `the ${field} of the ${what} has ${text.length} characters`,
      hint: `WorkOS takes at most ${MAX_LENGTH[field]}`,
    })
  }
  return labels
}
