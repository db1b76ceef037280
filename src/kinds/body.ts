import { TargetError } from '../diagnostics/errors.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import type { Attributes, Changes } from '../resource.ts'

/** WorkOS's spelling of the fields that a kind sends, by our own. */
export type Spelling = Readonly<Record<string, string>>

/** The given fields in WorkOS's spelling. Null and empty objects are never sent on create. */
export function createBody(attributes: Attributes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = attributes[field]
    if (value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)) continue
    body[name] = value
  }
  return body
}

/** The changed fields in WorkOS's spelling; inside of maps null stays, since it removes a member. */
export function updateBody(changes: Changes, spelling: Spelling): JsonObject {
  const body: JsonObject = {}
  for (const [field, name] of Object.entries(spelling)) {
    const value = changes[field]
    if (value !== undefined && value !== null) body[name] = value
  }
  return body
}

/** Text of an answer; null when it is empty or not text. */
export function textOf(body: JsonObject, name: string): string | null {
  const value = body[name]
  return typeof value === 'string' ? value : null
}

/** The text that every object of an answer has, its id above all. @throws TargetError when it is missing or empty */
export function requiredText(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '') {
    throw new TargetError({
      code: 'unexpected_answer',
      message: `the target answered an object without ${name}: WorkOS's API does not`,
      hint: 'check target.baseUrl',
    })
  }
  return value
}

/** The member of an answer under our field name, when the answer tells about it at all. */
export function pick(body: JsonObject, name: string, field: string): Record<string, Json> {
  const value = body[name]
  return value === undefined ? {} : { [field]: value }
}
