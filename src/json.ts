/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** A JSON object. */
export type JsonObject = { [key: string]: Json }

/** Whether a value is a plain object (not null, not an array). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * JSON text with object keys sorted at every level and undefined members left out,
 * so that two equal values have equal text. Used for comparing and for digests.
 */
export function canonicalJson(value: unknown): string {
  // Most values are small objects in order, which JSON.stringify writes faster.
  if (isSorted(value, LEVELS)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`)
  }
  return `{${members.join(',')}}`
}

/**
 * Levels of a value that are looked at for their order: looked at from each level anew, a deep one
 * would take its depth squared.
 */
const LEVELS = 3

/** Whether a value is plain data of so few levels whose keys are in order as they are. */
function isSorted(value: unknown, levels: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isSorted(value[index] ?? null, levels - 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  let last = ''
  for (const key in value) {
    if (key < last || !isSorted((value as Record<string, unknown>)[key] ?? null, levels - 1)) return false
    last = key
  }
  return true
}

/**
 * JSON text for an output. Same value as JSON.stringify yields, with all that could steer the
 * terminal which shows it (8-bit control characters, text turned round or hidden, line separators)
 * written as `\u` escapes.
 */
export function jsonText(value: unknown, indent?: number): string {
  return withoutSteering(JSON.stringify(value, null, indent) ?? 'null')
}

/** The same of what is JSON text already. */
export function withoutSteering(text: string): string {
  return text.replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
