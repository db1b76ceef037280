/**
 * The validators of a manifest. The build replaces this module with code that ajv generates
 * (scripts/build.ts), because compiling the schema takes longer than a small plan.
 */
import { createRequire } from 'node:module'
import type { Ajv2020, CodeOptions, ErrorObject } from 'ajv/dist/2020.js'
import { manifestSchema } from './schema.ts'

/** The validators and their parts of the schema. They also add defaults. */
export const VALIDATED = { validateManifest: 'manifest', validateEnvironment: 'manifest#/$defs/environment' }

/** @returns whether the value is valid; see `errors` */
export interface Validator {
  (value: unknown): boolean
  errors?: ErrorObject[] | null
}

export const validateManifest = lazily(VALIDATED.validateManifest)

export const validateEnvironment = lazily(VALIDATED.validateEnvironment)

/** Registers the schema as `manifest`. */
export function createAjv(code: CodeOptions): Ajv2020 {
  const { Ajv2020: Ajv }: typeof import('ajv/dist/2020.js') = createRequire(import.meta.url)('ajv/dist/2020.js')
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    // `target.type` is required next to a $ref, in a manifest but not in an environment.
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
    verbose: true,
    useDefaults: true,
    code,
  })
  return ajv.addVocabulary(['x-secret', 'x-expects', 'x-default', 'x-refused']).addSchema(manifestSchema, 'manifest')
}

let ajv: Ajv2020 | undefined

function lazily(ref: string): Validator {
  let compiled: ReturnType<Ajv2020['getSchema']>
  const validator: Validator = (value) => {
    ajv ??= createAjv({ optimize: false })
    compiled ??= ajv.getSchema(ref)
    const valid = compiled?.(value) === true
    validator.errors = compiled?.errors
    return valid
  }
  return validator
}
