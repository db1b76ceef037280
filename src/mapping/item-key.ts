import type { Json, JsonObject } from '../json.ts'
import type { CompiledMapping, KindRule } from './compile.ts'
import { FieldFailure, fieldsOf } from './evaluate.ts'

/** The fields that a key is made of, of what other records refer to by it. */
const KEY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  user: ['key', 'externalId', 'email'],
  organization: ['key', 'id', 'externalId', 'name'],
  group: ['key', 'name', 'organization'],
}

/**
 * The key of an item that `when` leaves out, so that what belongs to it can be left out as well. Undefined: it cannot be computed, or nothing
 * refers to such a thing.
 */
export async function itemKey(
  { rule, definition }: KindRule,
  item: Json,
  record: JsonObject,
  { settings }: CompiledMapping,
): Promise<string | undefined> {
  const names = KEY_FIELDS[definition.name]
  if (names === undefined) return undefined
  const fields = rule.fields.filter(({ name }) => names.includes(name))
  try {
    const normalised = definition.normalise(await fieldsOf({ ...rule, fields }, item, record), settings)
    return (normalised.ok ? normalised.value.key : normalised.key) ?? undefined
  } catch (error) {
    if (error instanceof FieldFailure) return undefined
    throw error
  }
}
