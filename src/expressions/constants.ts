import { nearest } from '../config/nearest.ts'
import { isObject, type Json } from '../json.ts'
import type { ConstantUse } from './names.ts'

/** Values that an expression reads as `$name`, whatever the record. */
export type Constants = Record<string, Json>

/** What an expression reads of the constants and they do not have; undefined when everything is there. */
export function missingConstant(
  uses: readonly ConstantUse[],
  constants: Constants,
): { message: string; hint: string; position: number } | undefined {
  for (const { name, members } of uses) {
    let path = name
    let value: unknown = constants[name]
    for (const member of members) {
      // JSONata looks into each item of a list; which of them have the name is nothing to judge here.
      if (Array.isArray(value)) break
      const known = isObject(value) ? Object.keys(value) : []
      if (!isObject(value) || !known.includes(member.name)) {
        const close = nearest(member.name, known)
        return {
          message: `there is no ${path}.${member.name} in the manifest`,
          hint: close === undefined ? `define it in the manifest, under ${path}:` : `did you mean $${path}.${close}?`,
          position: member.offset,
        }
      }
      value = value[member.name]
      path = `${path}.${member.name}`
    }
  }
  return undefined
}
