import type { Manifest, MapRule } from '../config/manifest.ts'
import type { Problem } from '../diagnostics/problem.ts'
import type { CompiledExpression } from '../expressions/expression.ts'
import { isObject } from '../json.ts'
import { compileAtPath, type MappingConstants } from './expression.ts'
import type { Tracker } from './heartbeat.ts'

/** Keys of a rule that steer it and are no fields. */
const STEERING: ReadonlySet<string> = new Set(['from', 'each', 'when'])

/** Names of fields that say of what type a hash is, which messages may show. */
const TYPE_OF_HASH = /type|hasher|algorithm/i

/** Whether a rule maps any field. */
export function hasFields(rule: MapRule): boolean {
  return Object.entries(rule).some(([name, value]) => value !== undefined && !STEERING.has(name))
}

export interface CompiledField {
  name: string
  /** Messages about it never show a value. */
  secret: boolean
  /** One expression for the whole field, or one for each of its members. */
  value: CompiledExpression | [member: string, value: CompiledExpression][]
}

/** One rule under `map`, ready to run. */
export interface CompiledRule {
  kind: keyof Manifest['map']
  /** Streams it applies to; undefined: the main stream. */
  from: readonly string[] | undefined
  /** See Compilations.secretNames. */
  secretNames: ReadonlySet<string>
  /** What yields the items of a stream's records; undefined: the record is the item. */
  each(stream: string): CompiledExpression | undefined
  when: CompiledExpression | undefined
  fields: CompiledField[]
}

/** What the compilation of a mapping gathers. */
export interface Compilations {
  constants: MappingConstants
  problems: Problem[]
  /** Paths of the expressions, like `map.user.email`, in the order in which they were compiled. */
  expressions: string[]
  /** Names of the source's fields that hold secrets: those that expressions of secret fields read, of all rules. */
  secretNames: Set<string>
  /** See CompiledMapping.boundedLength. */
  boundedLength: number
  /** Told which one is being evaluated. */
  tracker: Tracker
}

/** Compiles one rule; expressions that do not compile are added to the problems. */
export function compileRule(
  kind: keyof Manifest['map'],
  rule: MapRule,
  secretInputs: readonly string[],
  gathered: Compilations,
): CompiledRule {
  const compile = (text: string, ...path: string[]) => compileAt(text, ['map', kind, ...path], gathered)
  const fields: CompiledField[] = []
  for (const [name, value] of Object.entries(rule)) {
    if (value === undefined || STEERING.has(name)) continue
    const secret = secretInputs.includes(name)
    const note = (compiled: CompiledExpression) => {
      if (!secret || name === 'passwordHashType') return
      for (const read of compiled.fields) if (!TYPE_OF_HASH.test(read)) gathered.secretNames.add(read)
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
  return {
    kind,
    from: rule.from === undefined ? undefined : [rule.from].flat(),
    secretNames: gathered.secretNames,
    each: compileEach(rule.each, compile),
    when: rule.when === undefined ? undefined : compile(rule.when, 'when'),
    fields,
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
export function compileAt(text: string, path: string[], gathered: Compilations): CompiledExpression | undefined {
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
