import { isObject, type Json } from '../json.ts'

/** Whether a value says nothing: WorkOS answers it and its absence alike. */
export function saysNothing(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0)
}
