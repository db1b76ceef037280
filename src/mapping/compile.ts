import { type Manifest, type MapRule, pathsOfNewest, preferences, type UserDedupe } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { CompiledExpression } from '../expressions/expression.ts'
import { isObject } from '../json.ts'
import type { DraftDefinition, ValueRules } from '../kinds/draft.ts'
import { draftDefinitions } from '../kinds/registry.ts'
import { SECRET_NAMES } from './conceal.ts'
import { compileAtPath, type MappingConstants } from './expression.ts'
import { Tracker } from './result.ts'

/**
 * What a worker needs of the manifest, as plain data. Of its secrets only those that expressions
 * read: they stay in the memory of the workers, reach only password hashes, and appear in no
 * message.
 */
export interface MapperSettings extends ValueRules, Pick<Manifest, 'map' | 'dedupe' | 'vars' | 'secrets'> {
  /** The stream that rules without `from` read. Undefined: they read every stream. */
  mainStream?: string
}

/** The parts of a manifest for workers. */
export function mapperSettings(manifest: Manifest, mainStream?: string): MapperSettings {
  const { vars, secrets, map, dedupe, metadata, externalId, organizations, passwords, totp, roles } = manifest
  return { vars, secrets, map, dedupe, metadata, externalId, organizations, passwords, totp, roles, mainStream }
}

export interface KindRule {
  rule: CompiledRule
  definition: DraftDefinition
}

/** `dedupe.user`, compiled. */
export interface CompiledDedupe extends Pick<UserDedupe, 'email'> {
  by: CompiledExpression[]
  /** Empty: the order of records decides. */
  prefer: CompiledExpression[]
  /** Undefined: no rule needs it; a recipe sets it for those that do. */
  updatedAt: CompiledExpression | undefined
}

/** The manifest's mapping, compiled. */
export interface CompiledMapping {
  settings: MapperSettings
  /**
   * In the order of evaluation: memberships after the users and organizations whose keys they can
   * use.
   */
  kinds: KindRule[]
  roleAssignment: CompiledRule | undefined
  dedupe: CompiledDedupe
  /** Paths of all expressions, in the same order for every compilation of the same settings. */
  expressions: readonly string[]
  /** See `Compilations.secretNames`. */
  secretNames: ReadonlySet<string>
  /**
   * The length in characters up to which all expressions end on a record by themselves: see the
   * function `boundedLength`.
   */
  boundedLength: number
  tracker: Tracker
}

/**
 * Compiles every expression of the mapping once.
 * @throws ManifestError with all expressions that do not compile
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
  // A rule can be empty after a recipe removes its fields.
  const roleAssignment =
    assignment && hasFields(assignment) ? compileRule('roleAssignment', assignment, [], gathered) : undefined
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
 * Whether a rule has only a condition and so no effect: a recipe keeps such a condition for a rule
 * that another recipe can add. A membership without fields still takes both ends from the record if
 * that has an organization, and so does a member of a group.
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

/** Keys of a rule that are not fields. */
const STEERING: ReadonlySet<string> = new Set(['from', 'each', 'when'])

/** Names of fields for the type of a hash, which messages can show. */
const TYPE_OF_HASH = /type|hasher|algorithm/i

/** Columns next to a TOTP secret that show whose it is and are not secret. */
const BESIDE_TOTP_SECRET = /^(totp[_ ]?)?(issuer|user|account)$/i

function hasFields(rule: MapRule): boolean {
  return Object.entries(rule).some(([name, value]) => value !== undefined && !STEERING.has(name))
}

export interface CompiledField {
  name: string
  /** Messages never show a value of the field. */
  secret: boolean
  /** One expression for the field, or one for each member. */
  value: CompiledExpression | [member: string, value: CompiledExpression][]
}

/** The name of a rule under `map`. */
export type RuleName = keyof Manifest['map']

/** One rule under `map`, compiled. */
export interface CompiledRule {
  kind: RuleName
  /** Its streams. Undefined: the main stream. */
  from: readonly string[] | undefined
  /** See `Compilations.secretNames`. */
  secretNames: ReadonlySet<string>
  /** The expression for the items of a stream's records. Undefined: the record is the item. */
  each(stream: string): CompiledExpression | undefined
  when: CompiledExpression | undefined
  fields: CompiledField[]
  /** Whether an expression can make slugs of names: see `noteNames`. */
  derives: boolean
}

interface Compilations {
  constants: MappingConstants
  problems: Problem[]
  /** Paths of expressions, like `map.user.email`, in the order of compilation. */
  expressions: string[]
  /**
   * Names of columns that contain secrets: those that expressions of secret fields read, in all
   * rules.
   */
  secretNames: Set<string>
  /** See `CompiledMapping.boundedLength`. */
  boundedLength: number
  /** Receives the expression under evaluation. */
  tracker: Tracker
}

/** Compiles one rule; adds the expressions that do not compile to the problems. */
function compileRule(
  kind: keyof Manifest['map'],
  rule: MapRule,
  secretInputs: readonly string[],
  gathered: Compilations,
): CompiledRule {
  let derives = false
  const compile = (text: string, ...path: string[]) => {
    const compiled = compileAt(text, ['map', kind, ...path], gathered)
    if (compiled?.derives) derives = true
    return compiled
  }
  const fields: CompiledField[] = []
  for (const [name, value] of Object.entries(rule)) {
    if (value === undefined || STEERING.has(name)) continue
    const secret = secretInputs.includes(name)
    const note = (compiled: CompiledExpression) => {
      if (!secret || name === 'passwordHashType') return
      const isPlain = name === 'totpSecret' ? BESIDE_TOTP_SECRET : TYPE_OF_HASH
      for (const read of compiled.fields) if (!isPlain.test(read)) gathered.secretNames.add(read)
    }
    if (isObject(value)) {
      const members: [string, CompiledExpression][] = []
      for (const [member, text] of Object.entries(value)) {
        const compiled = compile(text, name, member)
        if (compiled === undefined) continue
        note(compiled)
        members.push([member, compiled])
      }
      fields.push({ name, secret, value: members })
    } else if (typeof value === 'string') {
      const compiled = compile(value, name)
      if (compiled === undefined) continue
      note(compiled)
      fields.push({ name, secret, value: compiled })
    }
  }
  const each = compileEach(rule.each, compile)
  const when = rule.when === undefined ? undefined : compile(rule.when, 'when')
  return {
    kind,
    from: rule.from === undefined ? undefined : [rule.from].flat(),
    secretNames: gathered.secretNames,
    each,
    when,
    fields,
    derives,
  }
}

function compileEach(
  each: MapRule['each'],
  compile: (text: string, ...path: string[]) => CompiledExpression | undefined,
): CompiledRule['each'] {
  if (each === undefined) return () => undefined
  if (typeof each === 'string') {
    const compiled = compile(each, 'each')
    return () => compiled
  }
  const byStream = new Map(Object.entries(each).map(([stream, text]) => [stream, compile(text, 'each', stream)]))
  return (stream) => byStream.get(stream)
}

/** The compiled expression; otherwise adds a problem with its path. */
function compileAt(text: string, path: string[], gathered: Compilations): CompiledExpression | undefined {
  const { problems, expressions, tracker, constants } = gathered
  const compiled = compileAtPath(path, text, constants)
  if (compiled.ok) {
    const { expression } = compiled
    gathered.boundedLength = Math.min(gathered.boundedLength, expression.boundedLength)
    const index = expressions.push(path.join('.')) - 1
    const evaluate: CompiledExpression['evaluate'] = (item, record) => {
      tracker.expression(index)
      return expression.evaluate(item, record)
    }
    return { ...expression, evaluate }
  }
  const { code, message, hint } = compiled
  problems.push({ code, message, hint, path: path.join('.') })
  return undefined
}
