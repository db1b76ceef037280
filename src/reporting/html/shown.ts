import type { Mask } from '../../diagnostics/mask.ts'
import { printable } from '../../diagnostics/printable.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { Absent, FieldValue } from './report.ts'

/** Characters of one value that the page holds. */
const LENGTH = 2000

/** What the page shows of text and of values: masked, and without anything that hides or reorders text. */
export interface Shown {
  text(text: string): string
  /** A text about the resource with this key, in which the key may stand. */
  about(text: string, key: string | null): string
  /** A value that people have. */
  value(value: Json | undefined): string
}

export function shownBy(mask: Mask): Shown {
  const short = (text: string) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text)
  return {
    text: (text) => short(printable(mask.text(text))),
    about: (text, key) => short(printable(mask.about(text, key ?? ''))),
    value: (value) => short(printable(mask.value(written(value)))),
  }
}

const absent: Absent = []

function written(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ')
  return value === undefined ? '' : JSON.stringify(value)
}

/** Both sides of an action field by field, the members of an object one by one. */
export function fieldValues(
  before: JsonObject | null,
  after: JsonObject | null,
  secrets: Record<string, string | null>,
  shown: Shown,
): FieldValue[] {
  const sides = [members(before), members(after)] as const
  const fields = [...new Set(sides.flatMap((side) => [...side.keys()]))]
  const cell = (value: Json | undefined) => (value === undefined || value === null ? absent : shown.value(value))
  return [
    ...fields
      .map((field): FieldValue => [shown.text(field), cell(sides[0].get(field)), cell(sides[1].get(field))])
      .filter(([, from, to]) => from !== absent || to !== absent),
    ...Object.entries(secrets).map(([field, known]): FieldValue => {
      return [shown.text(field), absent, known === null ? '(secret)' : `(secret, ${shown.text(known)})`]
    }),
  ]
}

function members(values: JsonObject | null): Map<string, Json> {
  const found = new Map<string, Json>()
  for (const [field, value] of Object.entries(values ?? {})) {
    if (isObject(value))
      for (const [member, inner] of Object.entries(value)) found.set(`${field}.${member}`, inner ?? null)
    else found.set(field, value ?? null)
  }
  return found
}
