/**
 * Proposes a source that reads a database. In: answers whose files are tables. A built-in recipe
 * for the layout, if there is one, reads its tables; the manifest adds the rest.
 */
import { recipeFile, shippedRecipes } from '../../config/recipes.ts'
import { type Catalog, nameOf } from '../../inspecting/database/catalog.ts'
import { type TableProposal, tableNamed } from '../../inspecting/database/propose-tables.ts'
import type { JsonObject } from '../../json.ts'
import { textsOf } from '../../sources/source.ts'
import type { Answers, DatabaseAnswer, DatabaseRecipe } from './answers.ts'
import { ORIGINS } from './answers.ts'
import { filled, type ProposedSource, readRecipe, sideStreams } from './propose-source.ts'

/** The built-in recipe for this layout, if the tables match it. */
export function databaseRecipe(proposal: TableProposal, catalog: Catalog): DatabaseRecipe | undefined {
  const { origin, people, parts, isRenamed } = proposal
  const name = `${origin}-${catalog.dialect}`
  if (isRenamed || recipeFile(shippedRecipes, name) === undefined) return undefined
  const streams: DatabaseRecipe['streams'] = {}
  for (const [stream, options] of Object.entries(readRecipe(name).streams)) {
    if (canBeRead(options, catalog)) streams[stream] = 'as it is'
    else streams[stream] = parts.some((part) => part.stream === stream) ? 'replaced' : 'absent'
  }
  const isOwn = tablesIn(readRecipe(name).streams.users ?? {}).some(
    (table) => table === people.table.name || table === nameOf(people.table, catalog),
  )
  return isOwn && streams.users === 'as it is' ? { name, streams } : undefined
}

/** Whether the tables and, for a plain query, the columns exist: versions of a layout differ. */
function canBeRead(options: Record<string, unknown>, catalog: Catalog): boolean {
  const tables = tablesIn(options).map((name) => tableNamed(name, catalog))
  if (tables.some((table) => table === undefined)) return false
  const { query } = options
  const plain = typeof query === 'string' ? /^\s*select ([^()]+?) from \S+\s*$/.exec(query)?.[1] : undefined
  const selected = plain?.split(',').map((column) => column.trim().replace(/["`]/g, '')) ?? []
  const columns = [...selected, ...(query === undefined ? textsOf([options.key, options.updatedAt].flat()) : [])]
  return columns.every((column) => tables[0]?.columns.some(({ name }) => name === column))
}

/** The tables in a stream's query. */
function tablesIn({ table, query }: Record<string, unknown>): string[] {
  if (typeof table === 'string') return [table]
  if (typeof query !== 'string') return []
  const own = new Set([...query.matchAll(/\b(\w+) as \(/g)].map((match) => match[1]))
  const named = [...query.matchAll(/\b(?:from|join) ((?:"[^"]+"|`[^`]+`|\w+)(?:\.(?:"[^"]+"|`[^`]+`|\w+))?)/g)]
  return named.flatMap(([, name = '']) => (own.has(name) ? [] : name.replace(/["`]/g, '')))
}

export function proposeDatabase(answers: Answers, database: DatabaseAnswer): ProposedSource {
  const { type, variable, recipe } = database
  const url = `\${${variable}}`
  const written: JsonObject = {}
  for (const { slot, file } of filled(answers)) {
    const isRead = recipe?.streams[slot.option] === 'as it is'
    if (!isRead && file.table !== undefined) written[slot.option] = overruling(file.table.options, recipe, slot.option)
  }
  for (const [name, use] of Object.entries(recipe?.streams ?? {})) if (use === 'absent') written[name] = null
  for (const { file, side } of answers.sides) {
    for (const [name, join] of sideStreams(side, answers.sides)) {
      written[name] = { ...file.table?.options, ...(join !== undefined && { join }) }
    }
  }
  const base = recipe === undefined ? {} : readRecipe(recipe.name).streams
  const effective = plain(withoutNulls({ ...base, ...written }))
  const variables = [...new Set([variable, ...variablesIn(effective)])]
  const own: JsonObject = recipe === undefined ? { type, url } : { url }
  if (Object.keys(written).length > 0) own.streams = written
  return {
    written: own,
    effective: { type, url, streams: effective },
    variables,
  }
}

/** Replaces a stream of the recipe, with null for the options that must not remain. */
function overruling(options: JsonObject, recipe: DatabaseRecipe | undefined, stream: string): JsonObject {
  if (recipe === undefined) return options
  const there = readRecipe(recipe.name).streams[stream] ?? {}
  const left = Object.keys(there).filter((option) => !(option in options))
  return { ...options, ...Object.fromEntries(left.map((option) => [option, null])) }
}

function withoutNulls(streams: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(streams).filter(([, stream]) => stream !== null))
}

function plain(streams: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify(streams, (_, value: unknown) => (value === null ? undefined : value)))
}

function variablesIn(streams: JsonObject): string[] {
  return [...JSON.stringify(streams).matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
}

/** Whether the recipe needs an organizations table that does not exist. */
export function lacksOrganizations(
  { origin, files }: Pick<Answers, 'origin' | 'files'>,
  recipe: DatabaseRecipe | undefined,
): boolean {
  const slot = ORIGINS[origin].slots.find(({ part }) => part === 'organizations')
  if (slot === undefined) return false
  return recipe?.streams[slot.option] !== 'as it is' && files.organizations === undefined
}
