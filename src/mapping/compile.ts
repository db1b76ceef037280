import { pathsOfNewest, preferences } from '../config/dedupe.ts'
import type { Manifest, MapRule, UserDedupe } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { CompiledExpression } from '../expressions/expression.ts'
import type { DraftDefinition, ValueRules } from '../kinds/draft.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import { SECRET_NAMES } from './conceal.ts'
import { Tracker } from './heartbeat.ts'
import { type Compilations, type CompiledRule, compileAt, compileRule, hasFields } from './rule.ts'

/**
 * What a worker needs to know of the manifest: plain data. Of its secrets those alone that expressions read: they reach
 * password hashes and nothing else, are in the memory of the workers, and in no message of theirs.
 */
export interface MapperSettings extends ValueRules, Pick<Manifest, 'map' | 'dedupe' | 'vars' | 'secrets'> {
  /** The stream that rules without `from` apply to. Undefined: they apply to every stream. */
  mainStream?: string
}

/** The parts of a manifest that workers get. */
export function mapperSettings(manifest: Manifest, mainStream?: string): MapperSettings {
  const { vars, secrets, map, dedupe, metadata, externalId, organizations, passwords, totp, roles } = manifest
  return { vars, secrets, map, dedupe, metadata, externalId, organizations, passwords, totp, roles, mainStream }
}

/** A rule together with the kind it yields. */
export interface KindRule {
  rule: CompiledRule
  definition: DraftDefinition
}

/** `dedupe.user`, compiled. */
export interface CompiledDedupe extends Pick<UserDedupe, 'email'> {
  by: CompiledExpression[]
  /** Empty where the order of the records counts. */
  prefer: CompiledExpression[]
  /** Undefined where no rule asks for it: a recipe brings it for whoever does. */
  updatedAt: CompiledExpression | undefined
}

/** The manifest's mapping, compiled. */
export interface CompiledMapping {
  settings: MapperSettings
  /** In the order of evaluation: memberships after the users and organizations they may take their keys from. */
  kinds: KindRule[]
  roleAssignment: CompiledRule | undefined
  dedupe: CompiledDedupe
  /** Paths of all expressions. Every compilation of the same settings puts them in the same order. */
  expressions: readonly string[]
  /** See Compilations.secretNames. */
  secretNames: ReadonlySet<string>
  /** How many characters a record may have for all expressions to end on it by themselves: see the function of that name. */
  boundedLength: number
  tracker: Tracker
}

/**
 * Compiles every expression of the mapping once.
 * @throws ManifestError with every expression that does not compile
 */
export function compileMapping(settings: MapperSettings): CompiledMapping {
  const secretNames = new Set(SECRET_NAMES)
  const { vars, secrets } = settings
  const gathered: Compilations = {
    constants: { vars, secrets },
    problems: [],
    expressions: [],
    secretNames,
    boundedLength: Number.POSITIVE_INFINITY,
    tracker: new Tracker(),
  }
  const kinds: KindRule[] = []
  for (const definition of draftDefinitions) {
    const name = definition.rule
    if (name === undefined) continue
    const rule = settings.map[name]
    if (rule === undefined || isOnlyCondition(name, rule, settings.map)) continue
    kinds.push({ rule: compileRule(name, rule, definition.secretInputs ?? [], gathered), definition })
  }
  const assignment = settings.map.roleAssignment
  const roleAssignment = assignment && compileRule('roleAssignment', assignment, [], gathered)
  const dedupe = compileDedupe(settings.dedupe.user, gathered)
  const { problems, expressions, tracker, boundedLength } = gathered
  if (problems.length > 0) throw new ManifestError(problems)
  return { settings, kinds, roleAssignment, dedupe, expressions, secretNames, boundedLength, tracker }
}

function compileDedupe(rules: UserDedupe, gathered: Compilations): CompiledDedupe {
  const compile = (name: string) => (text: string, index: number) =>
    compileAt(text, ['dedupe', 'user', name, String(index)], gathered)
  const asked = rules.updatedAt !== undefined && pathsOfNewest(rules).length > 0
  return {
    email: rules.email,
    by: rules.by.map(compile('by')).filter((expression) => expression !== undefined),
    prefer: preferences(rules)
      .map(compile('prefer'))
      .filter((expression) => expression !== undefined),
    updatedAt: asked ? compileAt(rules.updatedAt ?? '', ['dedupe', 'user', 'updatedAt'], gathered) : undefined,
  }
}

/**
 * Whether a rule says when it applies and nothing else, so that nothing can come of it: a recipe leaves such a condition for the
 * rule that another recipe may add. A membership without fields still takes both ends from the record, if that yields an organization;
 * likewise a member of a group.
 */
function isOnlyCondition(name: keyof Manifest['map'], rule: MapRule, map: Manifest['map']): boolean {
  if (name === 'user' || hasFields(rule)) return false
  const own = { membership: map.organization, groupMember: map.group }[String(name)]
  return own === undefined || !hasFields(own)
}

/** Whether a rule applies to the records of a stream. */
export function appliesTo(rule: CompiledRule, stream: string, mainStream: string | undefined): boolean {
  return rule.from === undefined ? mainStream === undefined || mainStream === stream : rule.from.includes(stream)
}
