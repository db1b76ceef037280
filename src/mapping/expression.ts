import { type Bounds, type Compilation, compile } from '../expressions/expression.ts'
import { mappingFunctions } from './functions.ts'

/** Compiles an expression of the mapping, which may call this tool's own functions. See `compile`. */
export function compileExpression(text: string, bounds?: Bounds): Compilation {
  return compile(text, mappingFunctions, bounds)
}
