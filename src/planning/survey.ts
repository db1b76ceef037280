import type { Manifest } from '../config/manifest.ts'
import type { JsonObject } from '../json.ts'
import type { Gathered, Gatherer, KindDefinition } from '../kinds/kind.ts'
import type { Attributes } from '../resource.ts'
import { type Values, valuesInOrder, valuesOfKind } from '../rundb/desired.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { FieldCounts, type FieldTable } from './field-table.ts'

/**
 * What is found out about values. In: all desired resources, which are gone through once. Out: how
 * full their fields are, and what their kinds gather, as plain data. What is in memory does not
 * grow with them. It reads alone, so that another thread may do it: see survey-ahead.ts.
 */

/** What a look at all values told. */
export interface Survey {
  /** The field tables of all kinds that have a desired resource, in the kinds' order. */
  fields: FieldTable[]
  /** The same with what is out of scope as well, whose secrets nobody knows. */
  whole: FieldTable[]
  /** By kind. */
  gathered: ReadonlyMap<string, Gathered>
}

/** Nothing is desired. */
export const NO_VALUES: Survey = { fields: [], whole: [], gathered: new Map() }

/** What a survey has to know besides the values. */
export interface SurveyScope {
  /** There is something out of scope. */
  scoped: boolean
  manifest: Pick<Manifest, 'map'>
}

/**
 * Goes through all desired resources.
 * @param changing whether any of a kind may change
 */
export function surveyValues(
  rundb: RunDatabase,
  definitions: readonly KindDefinition[],
  { scoped, manifest }: SurveyScope,
  changing: (kind: string) => boolean,
): Survey {
  const gathered = new Map<string, Gathered>()
  const tables = definitions.map((definition) => {
    const { name, review } = definition
    const gatherer = review?.gathering?.begin({ rundb, manifest, changing: changing(name) })
    const found = tablesOf(rundb, definition, scoped, valuesOfKind, gatherer)
    if (gatherer !== undefined) gathered.set(name, gatherer.gathered())
    // Which fields are too many depends on the order of the resources.
    return found.cut ? tablesOf(rundb, definition, scoped, valuesInOrder) : found
  })
  const filled = (all: readonly FieldTable[]) => all.filter(({ resources }) => resources > 0)
  return { fields: filled(tables.map(({ own }) => own)), whole: filled(tables.map(({ whole }) => whole)), gathered }
}

/** @param scoped there is something out of scope */
function tablesOf(
  rundb: RunDatabase,
  definition: KindDefinition,
  scoped: boolean,
  valuesOf: typeof valuesOfKind,
  gatherer?: Gatherer,
): { own: FieldTable; whole: FieldTable; cut: boolean } {
  const counts = new FieldCounts(definition)
  for (const [attributes, secrets, place] of each(valuesOf(rundb, definition.name, 'desired'))) {
    counts.add(attributes, secrets, place)
    gatherer?.add(attributes, secrets, place)
  }
  const own = counts.table()
  if (!scoped) return { own, whole: own, cut: counts.cut }
  for (const [attributes, , place] of each(valuesOf(rundb, definition.name, 'out_of_scope'))) {
    counts.add(attributes, null, place)
  }
  return { own, whole: counts.table(), cut: counts.cut }
}

function* each(values: Iterable<Values>): Generator<[Attributes, JsonObject | null, number]> {
  for (const { attributes, secrets, places } of values) {
    for (const [index, one] of attributes.entries()) yield [one, secrets[index] ?? null, places[index] ?? 0]
  }
}
