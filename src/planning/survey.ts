import type { Manifest } from '../config/manifest.ts'
import type { Gathered, Gatherer, KindDefinition } from '../kinds/kind.ts'
import { kindDefinitions } from '../kinds/registry.ts'
import { countDesired } from '../rundb/desired-facts.ts'
import { type Lease, LeaseEnded } from '../rundb/lease.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { type DraftsOfKind, type Values, valuesInOrder, valuesOfDrafts, valuesOfKind } from '../rundb/values.ts'
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
  const gatherer = review?.gathering?.begin({ count: countDesired(rundb, kind), manifest, changing })
  const found = tablesOf(rundb, definition, scoped, valuesOfKind, gatherer)
  // The order of the resources decides which fields are too many.
  const { own, whole } = found.cut ? tablesOf(rundb, definition, scoped, valuesInOrder) : found
  return { kind, own, whole, gathered: gatherer?.gathered() }
}

/** Drafts of a kind, read while other tables change. */
export interface DraftsRead extends Pick<SurveyScope, 'manifest'> {
  drafts: DraftsOfKind
  lease: Lease
  /** False once other values will be desired. */
  isUseful(): boolean
}

/**
 * Surveys drafts as if all became desired as they are.
 * @returns undefined if they changed, or if their order counts
 */
export function surveyDrafts(
  rundb: RunDatabase,
  definition: KindDefinition,
  { drafts, lease, manifest, isUseful }: DraftsRead,
): KindSurvey | undefined {
  const { name: kind, review } = definition
  const counts = new FieldCounts(definition)
  const gatherer = review?.gathering?.begin({ count: drafts.count, manifest, changing: true })
  try {
    for (const values of valuesOfDrafts(rundb, drafts, lease)) {
      add(values, counts, gatherer)
      if (counts.cut || !isUseful()) return undefined
    }
  } catch (error) {
    if (error instanceof LeaseEnded) return undefined
    throw error
  }
  const own = counts.table()
  return { kind, own, whole: own, gathered: gatherer?.gathered() }
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
  for (const values of valuesOf(rundb, definition.name, 'desired')) add(values, counts, gatherer)
  const own = counts.table()
  if (!scoped) return { own, whole: own, cut: counts.cut }
  for (const values of valuesOf(rundb, definition.name, 'out_of_scope')) add(values, counts)
  return { own, whole: counts.table(), cut: counts.cut }
}

function add({ attributes, secrets, places }: Values, counts: FieldCounts, gatherer?: Gatherer): void {
  for (const [index, one] of attributes.entries()) {
    const [secret, place] = [secrets[index] ?? null, places[index] ?? 0]
    counts.add(one, secret, place)
    gatherer?.add(one, secret, place)
  }
}
