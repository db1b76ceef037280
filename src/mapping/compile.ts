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
 * What a worker needs to know of the manifest: plain data. Of its secrets those alone that
 * expressions read: they reach password hashes and nothing else, are in the memory of the workers,
 * and in no message of theirs.
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
  /**
   * In the order of evaluation: memberships after the users and organizations they may take their
   * keys from.
   */
  kinds: KindRule[]
  roleAssignment: CompiledRule | undefined
  dedupe: CompiledDedupe
  /**
   * Paths of all expressions. Every compilation of the same settings puts them in the same order.
   */
  expressions: readonly string[]
  /** See Compilations.secretNames. */
  secretNames: ReadonlySet<string>
  /**
   * How many characters a record may have for all expressions to end on it by themselves: see the
   * function of that name.
   */
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
  // What a recipe takes away of a rule that no other recipe has leaves nothing.
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
 * Whether a rule says when it applies and nothing else, so that nothing can come of it: a recipe
 * leaves such a condition for the rule that another recipe may add. A membership without fields
 * still takes both ends from the record, if that yields an organization; likewise a member of a
 * group.
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

/** Keys of a rule that steer it and are no fields. */
const STEERING: ReadonlySet<string> = new Set(['from', 'each', 'when'])

/** Names of fields that say of what type a hash is, which messages may show. */
const TYPE_OF_HASH = /type|hasher|algorithm/i

/** Columns beside a second factor that say whose it is, and are no secret. */
const BESIDE_TOTP_SECRET = /^(totp[_ ]?)?(issuer|user|account)$/i

/** Whether a rule maps any field. */
function hasFields(rule: MapRule): boolean {
  return Object.entries(rule).some(([name, value]) => value !== undefined && !STEERING.has(name))
}

export interface CompiledField {
  name: string
  /** Messages about it never show a value. */
  secret: boolean
  /** One expression for the whole field, or one for each of its members. */
  value: CompiledExpression | [member: string, value: CompiledExpression][]
}

/** The name of a rule under `map`. */
export type RuleName = keyof Manifest['map']

/** One rule under `map`, ready to run. */
export interface CompiledRule {
  kind: RuleName
  /** Streams it applies to; undefined: the main stream. */
  from: readonly string[] | undefined
  /** See Compilations.secretNames. */
  secretNames: ReadonlySet<string>
  /** What yields the items of a stream's records; undefined: the record is the item. */
  each(stream: string): CompiledExpression | undefined
  when: CompiledExpression | undefined
  fields: CompiledField[]
  /** Whether any of its expressions may make slugs of names: see noteNames. */
  derives: boolean
}

/** What the compilation of a mapping gathers. */
interface Compilations {
  constants: MappingConstants
  problems: Problem[]
  /** Paths of the expressions, like `map.user.email`, in the order in which they were compiled. */
  expressions: string[]
  /**
   * Names of the source's fields that hold secrets: those that expressions of secret fields read,
   * of all rules.
   */
  secretNames: Set<string>
  /** See CompiledMapping.boundedLength. */
  boundedLength: number
  /** Told which one is being evaluated. */
  tracker: Tracker
}

/** Compiles one rule; expressions that do not compile are added to the problems. */
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

/** The compiled expression, or a problem named by its path. */
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
