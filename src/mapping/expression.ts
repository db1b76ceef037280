import type { Manifest } from '../config/manifest.ts'
import { BadInput } from '../diagnostics/errors.ts'
import { type Bounds, type Compilation, type CompiledExpression, compile } from '../expressions/expression.ts'
import { draftDefinitions, draftOfRule } from '../kinds/registry.ts'
import { encodingFunctions, type MappingFunction, textFunctions, valueFunctions } from './functions.ts'
import { passwordFunctions } from './password-functions.ts'

/**
 * What expressions of the mapping read besides the record: `$vars` and, for secret fields,
 * `$secrets`.
 */
export type MappingConstants = Pick<Manifest, 'vars' | 'secrets'>

/** Compiles an expression with this tool's functions. See `compile`. */
export function compileExpression(text: string, bounds?: Bounds, constants?: MappingConstants): Compilation {
  return compile(text, mappingFunctions, bounds, constants === undefined ? {} : { ...constants })
}

/**
 * As `compileExpression`, for the expression at a path of the manifest: the path decides whether it
 * can read secrets.
 */
export function compileAtPath(path: readonly string[], text: string, { vars, secrets }: MappingConstants): Compilation {
  return placed(path, compileExpression(text, undefined, { vars, secrets }))
}

/** The compilation of an expression, if it is allowed at a path. */
function placed<Compiled extends Examined>(
  path: readonly string[],
  compilation: Compiled,
): Compiled | (Compilation & { ok: false }) {
  if (!compilation.ok || maySeeSecrets(path)) return compilation
  const use = compilation.expression.constants.find(({ name }) => name === 'secrets')
  if (use === undefined) return compilation
  const places = draftDefinitions.flatMap(({ rule }) =>
    rule ? secretFields(rule).map((field) => `map.${rule}.${field}`) : [],
  )
  return {
    ok: false,
    code: 'misplaced_secret',
    message: '$secrets is not available here: the result is not a secret field, and is shown and stored as plain text',
    hint: `use it in ${places.join(', ')}; put values that are not secret under vars`,
    position: use.offset,
  }
}

/** What is known of an expression before its evaluation. */
type Examined =
  | { ok: true; expression: Omit<CompiledExpression, 'evaluate' | 'derived'> }
  | (Compilation & { ok: false })

/** The examined expressions of a manifest, by text. */
const examined = new WeakMap<MappingConstants['vars'], { secrets: unknown; byText: Map<string, Compilation> }>()

/** As `compileExpression`, without evaluating: each expression of a manifest is examined once. */
export function examine(text: string, { vars, secrets }: MappingConstants): Examined {
  const known = examined.get(vars)
  const byText = known?.secrets === secrets ? known.byText : new Map<string, Compilation>()
  if (byText !== known?.byText) examined.set(vars, { secrets, byText })
  const compilation = byText.get(text) ?? compileExpression(text, undefined, { vars, secrets })
  byText.set(text, compilation)
  return compilation
}

/**
 * As `examine`, for the expression at a path of the manifest: the path decides whether it can read
 * secrets.
 */
export function examineAtPath(path: readonly string[], text: string, constants: MappingConstants): Examined {
  return placed(path, examine(text, constants))
}

function maySeeSecrets([section, rule, field]: readonly string[]): boolean {
  return section === 'map' && rule !== undefined && field !== undefined && secretFields(rule).includes(field)
}

/** Fields whose values are secrets. The type of a hash is an input of these, but can be shown. */
function secretFields(rule: string): string[] {
  return (draftOfRule(rule)?.secretInputs ?? []).filter((field) => field !== 'passwordHashType')
}

/** All functions that this tool adds to JSONata. None executes text from the data. */
export const mappingFunctions: readonly MappingFunction[] = [
  ...textFunctions,
  ...valueFunctions,
  ...encodingFunctions,
  ...passwordFunctions,
].map(named)

/** Prefixes messages of a function with its name. */
function named(described: MappingFunction): MappingFunction {
  const call: MappingFunction['call'] = (...args) => {
    try {
      return described.call(...args)
    } catch (error) {
      if (error instanceof BadInput) throw new BadInput(`$${described.name}(): ${error.message}`)
      throw error
    }
  }
  return { ...described, call }
}
