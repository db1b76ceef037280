import { manifestSchemaText } from '../../config/schema.ts'
import { ExitCode } from '../../diagnostics/errors.ts'
import type { Context } from '../context.ts'

/** `schema`: prints the JSON Schema of the manifest. */
export async function schema(_options: object, context: Context): Promise<ExitCode> {
  ;(context.unmasked ?? context).stdout.write(manifestSchemaText)
  return ExitCode.done
}
