import { BadInput } from '../diagnostics/bad-input.ts'
import { encodingFunctions } from './functions/encodings.ts'
import type { MappingFunction } from './functions/function.ts'
import { passwordFunctions } from './functions/passwords.ts'
import { textFunctions } from './functions/texts.ts'
import { valueFunctions } from './functions/values.ts'

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
