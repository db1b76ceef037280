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
]
