import type { Manifest } from '../config/manifest.ts'
import { BadInput } from '../diagnostics/errors.ts'
import { type Bounds, type Compilation, compile } from '../expressions/expression.ts'
import { draftDefinitions, draftOfRule } from '../kinds/registry.ts'
import { encodingFunctions, type MappingFunction, textFunctions, valueFunctions } from './functions.ts'
import { passwordFunctions } from './password-functions.ts'

/** What expressions of the mapping read besides the record: `$vars` and, where a secret is made, `$secrets`. */
export type MappingConstants = Pick<Manifest, 'vars' | 'secrets'>

/** Compiles an expression of the mapping, which may call this tool's own functions. See `compile`. */
export function compileExpression(text: string, bounds?: Bounds, constants?: MappingConstants): Compilation {
  return compile(text, mappingFunctions, bounds, constants === undefined ? {} : { ...constants })
}

/** As `compileExpression`, for the expression at a path of the manifest: where it stands decides whether it may read secrets. */
export function compileAtPath(path: readonly string[], text: string, { vars, secrets }: MappingConstants): Compilation {
  const compilation = compileExpression(text, undefined, { vars, secrets })
  if (!compilation.ok || maySeeSecrets(path)) return compilation
  const use = compilation.expression.constants.find(({ name }) => name === 'secrets')
  if (use === undefined) return compilation
  const places = draftDefinitions.flatMap(({ rule }) =>
    rule ? secretFields(rule).map((field) => `map.${rule}.${field}`) : [],
  )
  return {
    ok: false,
    code: 'misplaced_secret',
    message: '$secrets cannot be read here: what this yields is no secret, and is shown and kept in the clear',
    hint: `it can be read in ${places.join(', ')}; put values that are no secret under vars`,
    position: use.offset,
  }
}

function maySeeSecrets([section, rule, field]: readonly string[]): boolean {
  return section === 'map' && rule !== undefined && field !== undefined && secretFields(rule).includes(field)
}

/** Fields whose values are kept as secrets. The type of a hash is among the secret inputs, but is shown. */
function secretFields(rule: string): string[] {
  return (draftOfRule(rule)?.secretInputs ?? []).filter((field) => field !== 'passwordHashType')
}

/** Every function that this tool adds to JSONata. None runs text from the data as code. */
export const mappingFunctions: readonly MappingFunction[] = [
  ...textFunctions,
  ...valueFunctions,
  ...encodingFunctions,
  ...passwordFunctions,
].map(named)

/** Puts the name of the function before what it says of its arguments. */
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
