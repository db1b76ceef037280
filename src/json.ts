/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** A JSON object. */
export type JsonObject = { [key: string]: Json }

/** Whether a value is a plain object (not null, not an array). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Adds a member to an object literal. V8 handles objects without a prototype more slowly, but in
 * those with one, assigning `__proto__` would replace it.
 */
export function setMember(object: { [name: string]: Json }, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
}

/**
 * JSON text with sorted keys at every level and without undefined members, so that equal values
 * have equal text. For comparisons and digests.
 */
export function canonicalJson(value: unknown): string {
  // Most values are small, sorted objects, which JSON.stringify prints faster.
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
 * Levels to check for order. Checking all levels again at each level would take the square of the
 * depth.
 */
const LEVELS = 3

/** Whether a value is plain data with at most this many levels and sorted keys. */
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
 * JSON text for output: as JSON.stringify, but with `\u` escapes for everything that could control
 * a terminal (8-bit control characters, reversed or hidden text, line separators).
 */
export function jsonText(value: unknown, indent?: number): string {
  return withoutSteering(JSON.stringify(value, null, indent) ?? 'null')
}

/** The same for existing JSON text. */
export function withoutSteering(text: string): string {
  return text.replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
