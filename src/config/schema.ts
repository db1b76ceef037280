import { readFileSync } from 'node:fs'
import { packagePath } from '../files/package.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'

const file = packagePath('schemas/migrate.config.schema.json')

/**
 * A subschema. Own keywords: `x-secret`, `x-expects` (the expected value), `x-default` (documented,
 * not filled in by ajv), `x-refused` (keys of other types, and why they do not apply).
 */
export type Schema = JsonObject

/** The published JSON Schema of a manifest file. */
export const manifestSchemaText = readFileSync(file, 'utf8')
export const manifestSchema: Schema = JSON.parse(manifestSchemaText)

/** The schema of a source's options: `$defs/source-<type>`. @throws RangeError */
export function sourceSchema(type: string): Schema {
  const schema = definitions()[`source-${type}`]
  if (!isSchema(schema)) throw new RangeError(`no schema for the source type ${type}`)
  return schema
}

/** The source types, in the order of the schema. */
export function sourceTypes(): string[] {
  const prefix = 'source-'
  const names = Object.keys(definitions()).filter((name) => name.startsWith(prefix))
  return names.map((name) => name.slice(prefix.length))
}

/** All subschemas that can apply to the value at a path: several for a union. */
export function schemasAt(path: readonly string[]): Schema[] {
  let schemas = expand(manifestSchema)
  for (const key of path) schemas = schemas.flatMap((schema) => children(schema, key)).flatMap(expand)
  return schemas
}

/** The known keys at a path. */
export function knownKeys(path: readonly string[]): string[] {
  return schemasAt(path).flatMap((schema) => (isSchema(schema.properties) ? Object.keys(schema.properties) : []))
}

/** A copy with all keys in the order of the schema. Custom keys keep their order. */
export function inSchemaOrder(value: unknown, path: readonly string[] = []): unknown {
  if (!isObject(value)) return value
  const known = knownKeys(path).filter((key) => Object.hasOwn(value, key))
  const keys = new Set([...known, ...Object.keys(value)])
  return Object.fromEntries([...keys].map((key) => [key, inSchemaOrder(value[key], [...path, key])]))
}

/** Whether the schema marks the value at this path as a secret. */
export function isSecretPath(path: readonly string[]): boolean {
  return schemasAt(path).some((schema) => schema['x-secret'] === true)
}

const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/
const INTEGER_IN_OTHER_BASE = /^0(x[0-9a-fA-F]+|o[0-7]+)$/

/** Converts text to a number or a boolean by YAML's core rules, if the schema requires it. */
export function retype(text: string, path: readonly string[]): string | number | boolean {
  const schemas = schemasAt(path)
  const wants = (type: string) => schemas.some((schema) => typesOf(schema).includes(type))
  if (schemas.some((schema) => typesOf(schema).includes('string') && matchesPattern(schema, text))) return text
  if (wants('boolean') && /^(true|True|TRUE)$/.test(text)) return true
  if (wants('boolean') && /^(false|False|FALSE)$/.test(text)) return false
  const isNumber = NUMBER.test(text) || INTEGER_IN_OTHER_BASE.test(text)
  return isNumber && (wants('integer') || wants('number')) ? Number(text) : text
}

/** The types that a subschema accepts. */
export function typesOf(schema: Schema): string[] {
  return [schema.type].flat().filter((type) => typeof type === 'string')
}

function matchesPattern(schema: Schema, text: string): boolean {
  return typeof schema.pattern !== 'string' || new RegExp(schema.pattern, 'u').test(text)
}

function expand(schema: Schema): Schema[] {
  const { $ref, oneOf } = schema
  const referred = typeof $ref === 'string' ? expand(resolvePointer($ref)) : []
  const branches = Array.isArray(oneOf) ? oneOf.filter(isSchema).flatMap(expand) : []
  return [schema, ...referred, ...branches]
}

function children(schema: Schema, key: string): Schema[] {
  const { properties, patternProperties, additionalProperties, items } = schema
  const byPattern = Object.entries(isSchema(patternProperties) ? patternProperties : {}).find(([pattern]) =>
    new RegExp(pattern, 'u').test(key),
  )
  const property =
    isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : (byPattern?.[1] ?? additionalProperties)
  return [property, /^\d+$/.test(key) ? items : undefined].filter(isSchema)
}

/** The subschema of a local `$ref`. */
export function resolvePointer(pointer: string): Schema {
  let current: Json | undefined = manifestSchema
  for (const step of pointer.split('/').slice(1)) current = isSchema(current) ? current[step] : undefined
  if (!isSchema(current)) throw new RangeError(`the schema has nothing at ${pointer}`)
  return current
}

function definitions(): Schema {
  return resolvePointer('#/$defs')
}

export function isSchema(value: Json | undefined): value is Schema {
  return isObject(value)
}
