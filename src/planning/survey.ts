import type { Manifest } from '../config/manifest.ts'
import type { JsonObject } from '../json.ts'
import type { Gathered, Gatherer, KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import type { Attributes } from '../resource.ts'
import { type Values, valuesInOrder, valuesOfKind } from '../rundb/desired.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { FieldCounts, type FieldTable } from './field-table.ts'

/**
 * The survey of values. In: all desired resources, read once. Out: how full their fields are, and
 * what their kinds gather, as plain data. Memory does not grow with the number of resources. It
 * only reads, so that another thread can run it: see survey-ahead.ts.
 */

/** The result of a survey. */
export interface Survey {
  /** The field tables of all kinds with a desired resource, in the order of kinds. */
  fields: FieldTable[]
  /** The same with resources out of scope, whose secrets are unknown. */
  whole: FieldTable[]
  /** By kind. */
  gathered: ReadonlyMap<string, Gathered>
}

/** The survey of an empty desired set. */
export const NO_VALUES: Survey = { fields: [], whole: [], gathered: new Map() }

/** What a survey needs in addition to the values. */
export interface SurveyScope {
  /** Some resources are out of scope. */
  scoped: boolean
  manifest: Pick<Manifest, 'map'>
}

/**
 * Surveys all desired resources.
 * @param changing whether any resource of a kind can change
 */
export function surveyValues(rundb: RunDatabase, scope: SurveyScope, changing: (kind: string) => boolean): Survey {
  return surveyOf(kindDefinitions.map((definition) => surveyKind(rundb, definition, scope, changing(definition.name))))
}

/** What was found in one kind. */
export interface KindSurvey {
  kind: string
  own: FieldTable
  whole: FieldTable
  gathered: Gathered | undefined
}

/** @param changing whether any resource of the kind can change */
export function surveyKind(
  rundb: RunDatabase,
  definition: KindDefinition,
  { scoped, manifest }: SurveyScope,
  changing: boolean,
): KindSurvey {
  const { name: kind, review } = definition
  const gatherer = review?.gathering?.begin({ rundb, manifest, changing })
  const found = tablesOf(rundb, definition, scoped, valuesOfKind, gatherer)
  // The order of the resources decides which fields are too many.
  const { own, whole } = found.cut ? tablesOf(rundb, definition, scoped, valuesInOrder) : found
  return { kind, own, whole, gathered: gatherer?.gathered() }
}

/** Puts together what was found in all kinds. */
export function surveyOf(found: readonly KindSurvey[]): Survey {
  const kinds = kindDefinitions.flatMap(({ name }) => found.filter(({ kind }) => kind === name))
  const filled = (all: readonly FieldTable[]) => all.filter(({ resources }) => resources > 0)
  return {
    fields: filled(kinds.map(({ own }) => own)),
    whole: filled(kinds.map(({ whole }) => whole)),
    gathered: new Map(kinds.flatMap(({ kind, gathered }) => (gathered === undefined ? [] : [[kind, gathered]]))),
  }
}

/** @param scoped some resources are out of scope */
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
