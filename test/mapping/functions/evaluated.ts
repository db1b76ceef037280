import type { Json, JsonObject } from '../../../src/json.ts'
import { compileExpression } from '../../../src/mapping/expression.ts'

/** The result of an expression for `{ v }`, through JSON, which removes prototypes. */
export async function evaluated(text: string, value?: Json): Promise<unknown> {
  const compilation = compileExpression(text)
  if (!compilation.ok) throw new Error(compilation.message)
  const item: JsonObject = value === undefined ? {} : { v: value }
  const result = await compilation.expression.evaluate(item, item)
  return result === undefined ? undefined : JSON.parse(JSON.stringify(result))
}
