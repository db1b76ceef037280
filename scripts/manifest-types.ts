import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isSchema, manifestSchema, type Schema, sourceSchema, sourceTypes, typesOf } from '../src/config/schema.ts'
import type { Json } from '../src/json.ts'

/**
 * The types of a checked manifest, from the schema. Members with a default are required, because
 * the check fills them in. The types do not express `if` and `then`, patterns or bounds. The
 * defaults of sources are next to them. Type aliases, not interfaces, so that types with known
 * members also pass as records.
 */

/** Keys that composing removes. */
const COMPOSED = ['$schema', 'extends', 'environments']

const HEAD = `// Generated from schemas/migrate.config.schema.json: change that file, then run npm run docs.
import type { Json, JsonObject } from '../json.ts'
`

/** The text of src/config/manifest-types.ts. */
export function manifestTypes(): string {
  const { properties, ...rest } = manifestSchema
  const members = Object.entries(isSchema(properties) ? properties : {}).filter(([key]) => !COMPOSED.includes(key))
  const whole: Schema = { ...rest, properties: Object.fromEntries(members) }
  const types = [
    declaration('CheckedManifest', whole),
    ...[...referred(whole)].map(([name, schema]) => declaration(name, schema)),
  ]
  return formatted([HEAD, ...types, sourceDefaults()].join('\n'))
}

/** The values of `x-default` for the options of each source, without those that are sentences. */
function sourceDefaults(): string {
  const sources = sourceTypes().map((type) => {
    const { properties } = sourceSchema(type)
    const said = Object.entries(isSchema(properties) ? properties : {}).flatMap(([name, option]) => {
      const value = isSchema(option) ? valueSaid(option) : undefined
      return value === undefined ? [] : `${name}: ${JSON.stringify(value)}`
    })
    return `${type}: { ${said.join(', ')} }`
  })
  return `${DEFAULTS}export const SOURCE_DEFAULTS = { ${sources.join(', ')} } as const\n`
}

const DEFAULTS = `/**
 * The defaults of the options of a source. The check of a manifest does not fill them in: files
 * reject options that are set, and the digest of every manifest would change.
 */
`

function valueSaid(option: Schema): Json | undefined {
  const said = option['x-default']
  if (said === undefined || typeof said === 'boolean') return said
  if (typesOf(option).includes('integer')) return Number(said)
  return Array.isArray(option.enum) && option.enum.includes(said) ? said : undefined
}

function declaration(name: string, schema: Schema): string {
  return `${comment(schema)}export type ${name} = ${typeOf(schema)}\n`
}

/** The definitions that a schema refers to, directly or indirectly, by type name. */
function referred(schema: Json, found = new Map<string, Schema>()): Map<string, Schema> {
  if (Array.isArray(schema)) for (const item of schema) referred(item, found)
  if (!isSchema(schema)) return found
  for (const [key, value] of Object.entries(schema)) {
    const definition = key === '$ref' ? definitionOf(value) : undefined
    const name = definition === undefined ? '' : typeName(value)
    if (definition !== undefined && !found.has(name)) referred(definition, found.set(name, definition))
    else referred(value, found)
  }
  return found
}

function definitionOf(ref: Json): Schema | undefined {
  const definitions = manifestSchema.$defs
  const definition = isSchema(definitions) ? definitions[String(ref).replace('#/$defs/', '')] : undefined
  return isSchema(definition) ? definition : undefined
}

/** `#/$defs/source-csv` becomes `SourceCsv`. A type named `Map` would hide the built-in one. */
function typeName(ref: Json): string {
  const name = String(ref).replace('#/$defs/', '')
  if (name === 'map') return 'Mapping'
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function typeOf(schema: Json | undefined): string {
  if (!isSchema(schema)) return 'Json'
  const { $ref, oneOf, const: only, enum: values } = schema
  if ($ref !== undefined) return [typeName($ref), ...required(schema).map((key) => narrowed($ref, key))].join(' & ')
  if (Array.isArray(oneOf)) return oneOf.map(typeOf).join(' | ')
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  return (
    typesOf(schema)
      .map((type) => typeOfType(type, schema))
      .join(' | ') || 'Json'
  )
}

/** A reference can require a member that the definition leaves optional. */
function narrowed(ref: Json, key: string): string {
  const properties = definitionOf(ref)?.properties
  return `{ ${key}: ${typeOf(isSchema(properties) ? properties[key] : undefined)} }`
}

function typeOfType(type: string, schema: Schema): string {
  if (type === 'integer') return 'number'
  if (type === 'array') return `(${typeOf(schema.items)})[]`
  if (type === 'object') return objectType(schema)
  return type === 'string' ? textType(schema) : type
}

/** A pattern of whole words becomes a union. */
function textType({ pattern }: Schema): string {
  const words = typeof pattern === 'string' ? /^\^\((\w+(?:\|\w+)+)\)\$$/.exec(pattern)?.[1] : undefined
  return words === undefined
    ? 'string'
    : words
        .split('|')
        .map((word) => JSON.stringify(word))
        .join(' | ')
}

function objectType(schema: Schema): string {
  const { properties, patternProperties, additionalProperties } = schema
  const byPattern = Object.entries(isSchema(patternProperties) ? patternProperties : {})
  const open = isSchema(additionalProperties) ? additionalProperties : undefined
  if (!isSchema(properties)) {
    const others = [...byPattern.map(([, value]) => value), ...(open === undefined ? [] : [open])].map(typeOf)
    return others.length === 0 ? 'JsonObject' : `Record<string, ${[...new Set(others)].join(' | ')}>`
  }
  const always = required(schema)
  const members = Object.entries(properties).map(([name, value]) => {
    const isThere = always.includes(name) || (isSchema(value) && value.default !== undefined)
    return `${comment(value)}${/^\w+$/.test(name) ? name : `'${name}'`}${isThere ? '' : '?'}: ${typeOf(value)}`
  })
  const patterns = byPattern.map(([pattern, value]) => `[name: \`${prefixOf(pattern)}\${string}\`]: ${typeOf(value)}`)
  return `{\n${[...members, ...patterns].join('\n')}\n}`
}

/** `^metadata\..+$` → `metadata.` */
function prefixOf(pattern: string): string {
  const prefix = /^\^([\w-]+(?:\\\.)?)\.\+\$$/.exec(pattern)?.[1]
  if (prefix === undefined)
    throw new RangeError(`beside known members only a pattern like ^name\\..+$ has a type: ${pattern}`)
  return prefix.replace('\\.', '.')
}

function required(schema: Schema): string[] {
  return [schema.required ?? []].flat().filter((key) => typeof key === 'string')
}

function comment(schema: Json): string {
  const description = isSchema(schema) ? schema.description : undefined
  if (typeof description !== 'string') return ''
  const [sentence = ''] = description.split(/(?<=[.:])\s(?=[A-Z`])/)
  const text = sentence.replaceAll('*/', '*\\/').replace(/:$/, '.')
  const lines = text.match(COMMENT_LINE) ?? []
  return lines.length === 1 ? `/** ${text} */\n` : `/**\n${lines.map((line) => ` * ${line.trim()}\n`).join('')} */\n`
}

/** Comments have at most 100 columns, of which indent and comment signs take fourteen. */
const COMMENT_LINE = /.{1,86}(?:\s|$)/g

function formatted(text: string): string {
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url))
  return execFileSync(biome, ['format', '--stdin-file-path=src/config/manifest-types.ts'], {
    input: text,
    encoding: 'utf8',
  })
}
