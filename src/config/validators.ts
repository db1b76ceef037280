/**
 * The validators of a manifest. In the build, the code that ajv makes of the schema stands in the
 * place of this module (scripts/build.ts): to compile the schema takes longer than a small plan.
 */
import { createRequire } from 'node:module'
import type { Ajv2020, CodeOptions, ErrorObject } from 'ajv/dist/2020.js'
import { manifestSchema } from './schema.ts'

/** Names of the validators, and which part of the schema each checks. All fill in defaults. */
export const VALIDATED = { validateManifest: 'manifest', validateEnvironment: 'manifest#/$defs/environment' }

/** @returns whether the value is valid; what is wrong is in `errors` */
export interface Validator {
  (value: unknown): boolean
  errors?: ErrorObject[] | null
}

/** Checks an effective manifest. */
export const validateManifest = lazily(VALIDATED.validateManifest)

/** Checks an environment of a manifest. */
export const validateEnvironment = lazily(VALIDATED.validateEnvironment)

/** Knows the schema of a manifest as `manifest`. */
export function createAjv(code: CodeOptions): Ajv2020 {
  const { Ajv2020: Ajv }: typeof import('ajv/dist/2020.js') = createRequire(import.meta.url)('ajv/dist/2020.js')
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    // `target.type` is required in a manifest and not in an environment, beside a $ref.
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
