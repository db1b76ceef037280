import { stringify } from 'yaml'
import { isSchema, manifestSchema, resolvePointer, type Schema, sourceTypes } from '../src/config/schema.ts'
import type { Json } from '../src/json.ts'
import { preamble } from './manifest-docs-preamble.ts'

/** Names of definitions that readers know, instead of their JSON type. */
const NAMES: Record<string, string> = {
  '#/$defs/expression': 'expression',
  '#/$defs/each': 'expression',
  '#/$defs/when': 'expression',
  '#/$defs/threshold': 'threshold',
  '#/$defs/limit': 'limit',
  '#/$defs/roleSlug': 'role slug',
  '#/$defs/roleTarget': 'role slug',
  '#/$defs/file': 'path',
}

/** Options of CSV files that several sources share. Their rows are in one table. */
const CSV_OPTIONS = ['delimiter', 'quote', 'escape', 'ragged', 'maxRecordBytes', 'nulls']
/** Keys that every rule of `map` has. Their rows are in one table. */
const RULE_KEYS = ['from', 'each', 'when']

/** The manifest reference, in Markdown, from the schema. */
export function manifestDocs(): string {
  const keys = Object.entries(properties(manifestSchema)).filter(([key]) => key !== '$schema')
  const simple = keys.filter(([, schema]) => !isSection(schema))
  const sections = keys.filter(([, schema]) => isSection(schema))
  const required = Array.isArray(manifestSchema.required) ? manifestSchema.required : []
  const parts = [
    preamble,
    '## General keys\n',
    table(simple.map(([key, schema]) => row(key, schema, false))),
    ...examples(simple),
    ...sections.map(([key, schema]) => section(key, resolved(schema), required.includes(key))),
  ]
  return `${parts.join('\n').trimEnd()}\n`
}

function section(key: string, schema: Schema, required: boolean): string {
  const parts = [`## \`${key}\`\n`, `${description(schema)}${required ? ' Required.' : ''}\n`]
  if (key === 'source') parts.push(...sourceTypes().map((type) => sourceSection(type)), csvSection())
  else if (key === 'map') parts.push(...mapSections(Object.entries(properties(schema))))
  else if (Object.keys(properties(schema)).length > 0) parts.push(table(rows(schema)))
  parts.push(...examples([[key, schema]]))
  return parts.join('\n')
}

function sourceSection(type: string): string {
  const schema = sourceOf(type)
  const title = `### \`type: ${type}\`\n`
  const all = rows(schema)
  const csv = all.filter((row) => isCsvOption(row))
  const known = type === 'mysql' ? rows(sourceOf('postgres')).map(identityOf) : []
  const shared = all.filter((row) => known.includes(identityOf(row)))
  const shown = all.filter((row) => !csv.includes(row) && !shared.includes(row))
  return [
    title,
    `${description(schema)}\n`,
    table(shown),
    ...(csv.length === 0 ? [] : [`Also accepts ${keysOf(csv)}: see [options of CSV files](#options-of-csv-files).\n`]),
    ...(shared.length === 0
      ? []
      : [
          `Also accepts ${keysOf(shared.filter(({ key }) => !key.includes('.')))}, as [\`type: postgres\`](#type-postgres) does.\n`,
        ]),
    ...examples([['source', schema]]),
  ].join('\n')
}

function sourceOf(type: string): Schema {
  return resolvePointer(`#/$defs/source-${type}`)
}

function csvSection(): string {
  const shared = rows(sourceOf('csv')).filter((row) => isCsvOption(row))
  return ['### Options of CSV files\n', table(shared)].join('\n')
}

/** Whether a row is in the table of CSV options, word for word. */
function isCsvOption({ key, text }: Row): boolean {
  const name = key.split('.').at(-1) ?? ''
  return CSV_OPTIONS.includes(name) && description(resolvePointer(`#/$defs/${name}`)) === text.split(' Example: ')[0]
}

function identityOf({ key, type, fallback, text }: Row): string {
  return JSON.stringify([key, type, fallback, text])
}

function keysOf(list: readonly Row[]): string {
  const names = list.map(({ key }) => `\`${key}\``)
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ')
}

function mapSections(rules: readonly (readonly [string, Schema])[]): string[] {
  const common = rows(rules[0]?.[1] ?? {}).filter(({ key }) => RULE_KEYS.includes(key))
  return [
    'Every rule can have these keys:\n',
    table(common),
    ...rules.map(([kind, rule]) => {
      const own = rows(rule).filter(({ key }) => !RULE_KEYS.includes(key))
      return [`### \`map.${kind}\`\n`, `${description(rule)}\n`, table(own)].join('\n')
    }),
  ]
}

interface Row {
  key: string
  type: string
  fallback: string
  text: string
}

/** Rows of an object's keys. Keys of nested objects are dotted. */
function rows(schema: Schema, prefix = ''): Row[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  const named = Object.entries(properties(schema)).flatMap(([key, child]) => {
    const name = `${prefix}${key}`
    const inner = resolved(child)
    const alike = alikeMembers(inner)
    if (alike && Object.keys(properties(alike)).length > 0)
      return [row(name, child, false), ...rows(alike, `${name}.<kind>.`)]
    if (alike) return [row(name, child, false), rowOfEach(name, alike, Object.keys(properties(inner)))]
    if (Object.keys(properties(inner)).length > 0) return [row(name, child, false), ...rows(inner, `${name}.`)]
    const members = isSchema(inner.additionalProperties) ? resolved(inner.additionalProperties) : {}
    return [row(name, child, required.includes(key)), ...rows(members, `${name}.<name>.`)]
  })
  const byPattern = Object.entries(isSchema(schema.patternProperties) ? schema.patternProperties : {})
  return [...named, ...byPattern.flatMap(([pattern, child]) => patternRow(`${prefix}${nameOf(pattern)}`, child))]
}

/** One row for options that are all alike. */
function rowOfEach(name: string, member: Schema, options: readonly string[]): Row {
  const one = row(`${name}.<option>`, member, false)
  return { ...one, text: `${one.text} Options: ${options.map((option) => `\`${option}\``).join(', ')}.` }
}

/** The definition that all members of an object share. */
function alikeMembers(schema: Schema): Schema | undefined {
  const members = Object.values(properties(schema))
  const definitions = new Set(members.map(({ $ref }) => $ref))
  const [first] = definitions
  if (members.length < 2 || definitions.size !== 1 || typeof first !== 'string') return undefined
  const definition = resolvePointer(first)
  // An option that has its own description gets its own row.
  const bare = members.every((member) => Object.keys(member).length === 1)
  return bare || Object.keys(properties(definition)).length > 0 ? definition : undefined
}

function patternRow(name: string, child: Json): Row[] {
  return isSchema(child) ? [row(name, child, false)] : []
}

/** `^metadata\..+$` becomes `metadata.<name>`. */
function nameOf(pattern: string): string {
  return pattern.replace(/^\^/, '').replace(/\$$/, '').replace('\\.', '.').replace('.+', '<name>')
}

function row(key: string, schema: Schema, required: boolean): Row {
  const inner = resolved(schema)
  const example = Array.isArray(inner.examples) && !isSchema(inner.examples[0]) ? inner.examples[0] : undefined
  const shown = example === undefined ? '' : ` Example: \`${flow(example)}\`.`
  return { key, type: typeName(schema), fallback: fallback(inner, required), text: `${description(inner)}${shown}` }
}

function table(list: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const lines = list.map(
    ({ key, type, fallback, text }) => `| \`${key}\` | ${cell(type)} | ${cell(fallback)} | ${cell(text)} |`,
  )
  return `${['| Key | Type | Default | Description |', '|---|---|---|---|', ...lines].join('\n')}\n`
}

function typeName(schema: Schema): string {
  if (typeof schema.$ref === 'string' && NAMES[schema.$ref]) return NAMES[schema.$ref] ?? ''
  const inner = resolved(schema)
  if (typeof inner.const === 'string') return `\`${inner.const}\``
  if (Array.isArray(inner.enum)) return inner.enum.map((value) => `\`${value}\``).join(' or ')
  return [inner.type]
    .flat()
    .map((type) => jsonType(String(type), inner))
    .join(' or ')
}

function jsonType(type: string, schema: Schema): string {
  if (type === 'string')
    return typeof schema['x-expects'] === 'string' && isSchema(schema.additionalProperties) ? 'expression' : 'text'
  if (type === 'integer') return 'whole number'
  if (type === 'array') return isSchema(schema.items) ? `list of ${listed(schema.items)}` : 'list'
  if (type === 'object')
    return isSchema(schema.additionalProperties) ? `object of ${listed(schema.additionalProperties)}` : 'object'
  return type === 'boolean' ? '`true` or `false`' : type
}

function listed(schema: Schema): string {
  const inner = resolved(schema)
  if (Array.isArray(inner.enum)) return 'words'
  const name = typeName(schema)
  return name === 'object' ? 'objects' : name === 'text' ? 'texts' : `${name}s`
}

function fallback(schema: Schema, required: boolean): string {
  if (required) return '**required**'
  const said = schema['x-default']
  if (typeof said === 'string')
    return /^\S*[./:]\w\S*$|^[a-z]+$/.test(said) && !said.includes('`') ? `\`${said}\`` : said
  const value = said ?? schema.default
  return value === undefined || flow(value) === '{}' ? '–' : `\`${flow(value)}\``
}

function flow(value: Json): string {
  return typeof value === 'string' ? value : stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
}

function examples(list: readonly (readonly [string, Schema])[]): string[] {
  const snippets = list.flatMap(([key, schema]) => {
    const values = Array.isArray(schema.examples) ? schema.examples.filter(isSchema) : []
    return values.map((value) => stringify({ [key]: value }, { lineWidth: 0 }))
  })
  return snippets.map((snippet) => `\`\`\`yaml\n${snippet}\`\`\`\n`)
}

/** A schema merged over the schema that it refers to. */
function resolved(schema: Schema): Schema {
  return typeof schema.$ref === 'string' ? { ...resolved(resolvePointer(schema.$ref)), ...schema, $ref: '' } : schema
}

function properties(schema: Schema): Record<string, Schema> {
  const { properties } = schema
  if (!isSchema(properties)) return {}
  return Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, Schema] => isSchema(entry[1])))
}

function isSection(schema: Schema): boolean {
  return resolved(schema).type === 'object'
}

function description(schema: Schema): string {
  return typeof schema.description === 'string' ? schema.description : ''
}
